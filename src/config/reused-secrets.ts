import { toBase64Url, utf8 } from '../crypto/encoding.ts'
import type { SigningKey } from '../crypto/signing-key.ts'

/** The `kid` of the key that is made from `JWT_SECRET`. */
export const SECRET_KID = 'jwt-secret'

/**
 * Finds secrets that two variables share: whoever learns one variable knows part of the other, and after a
 * rotation of one, the other still has the old secret. One case is right: during a rotation, `JWT_SECRET` is
 * also in the ring under the `kid` that this server gives it.
 *
 * @returns the problems, with the names of the variables
 */
export function reusedSecrets(values: {
  JWT_SECRET?: string | undefined
  AUTH_SECRETS?: readonly string[] | undefined
  JWT_SIGNING_KEYS?: readonly SigningKey[] | undefined
}): string[] {
  const { JWT_SECRET: secret, AUTH_SECRETS: authSecrets = [], JWT_SIGNING_KEYS: keys = [] } = values
  const ofSecret: readonly string[] = secret ? spellings(secret) : []
  const ofAuth = authSecrets.flatMap(spellings)
  const ofKeys = keys.flatMap(({ kid, k, d }) => (kid === SECRET_KID && k === ofSecret[1] ? [] : [k, d]))
  const problems: string[] = []
  if (ofSecret.some((text) => ofAuth.includes(text))) problems.push(reused('JWT_SECRET', 'AUTH_SECRETS'))
  if (ofKeys.some((key) => key && ofSecret.includes(key)))
    problems.push(reused('JWT_SECRET', 'JWT_SIGNING_KEYS'))
  if (ofKeys.some((key) => key && ofAuth.includes(key)))
    problems.push(reused('AUTH_SECRETS', 'JWT_SIGNING_KEYS'))
  return problems
}

/** The secret as it is configured, and as the `k` of the JWK that is made from it. */
function spellings(secret: string): string[] {
  return [secret, toBase64Url(utf8(secret))]
}

function reused(one: string, other: string): string {
  return `${one} and ${other} have a secret in common; generate one for each`
}
