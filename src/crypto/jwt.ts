import { decode, sign, verify } from 'hono/jwt'
import { isBase64Url } from './encoding.ts'
import { importSigningKey, importVerificationKey, type SigningKey } from './signing-key.ts'

/**
 * The keys of this server: the first signs, all verify. Each is imported once, on first use, which makes a
 * verification about twice as fast as handing the secret over each time.
 */
export type KeyRing = {
  signing: () => Promise<NamedKey>
  verification: ReadonlyMap<string, { alg: SigningKey['alg']; key: () => Promise<CryptoKey> }>
}

/** The library writes `kid` into the header for keys that have both members, as a JWK has. */
type NamedKey = CryptoKey & Pick<SigningKey, 'alg' | 'kid'>

/** Claims that every token of this server carries (RFC 7519 section 4.1); times in whole seconds. */
export type RegisteredClaims = {
  iss: string
  aud: string
  sub: string
  jti: string
  iat: number
  exp: number
}

export type Expected = { issuer: string; audience: string; now: Date; ignoreExpiry?: boolean }

/**
 * Tokens are minted and checked on different machines, whose clocks differ a little. Five seconds covers
 * what NTP leaves; a token is never accepted after its expiry.
 */
export const CLOCK_LEEWAY_SECONDS = 5

/**
 * Longer ones are refused before anything decodes them. Most of ours are under 1 KiB; the largest that can
 * be, with 32 roles, a name and an address that double in JSON and in base64, is under 7 KiB.
 */
const MAX_TOKEN_CHARACTERS = 8192

/**
 * Builds the ring from at least one key.
 *
 * @throws TypeError when the list is empty: a server without a key must not start
 */
export function createKeyRing(keys: readonly SigningKey[]): KeyRing {
  const [signing] = keys
  if (!signing) throw new TypeError('A key ring needs at least one key')
  const { alg, kid } = signing
  const entries = keys.map((jwk) => {
    const entry = { alg: jwk.alg, key: once(() => importVerificationKey(jwk)) }
    return [jwk.kid, entry] as const
  })
  return {
    signing: once(async () => Object.assign(await importSigningKey(signing), { alg, kid })),
    verification: new Map(entries),
  }
}

/** Makes something on first use and keeps it; a failure is not kept. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}

/**
 * Signs claims with the ring's first key; the header names it (`kid`).
 *
 * String claims are written in ASCII with JSON escapes. Browser code in the wild reads a payload with
 * `JSON.parse(atob(token.split('.')[1]))`: `atob` knows neither UTF-8 nor the two extra letters of
 * base64url. ASCII without `>`, `?`, `~` and DEL never produces those letters, so such code reads any name.
 */
export async function signToken(ring: KeyRing, claims: RegisteredClaims & Record<string, unknown>) {
  const plain = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, ascii(value)]))
  return await sign(plain, await ring.signing())
}

/**
 * Checks a token: the key comes from the ring by `kid` and its one algorithm must be the header's; issuer,
 * audience and times must fit; every part must be spelled canonically.
 *
 * @returns the claims, or `null` for every reason to refuse. There is no reason given on purpose: it would
 *   be an oracle, and the library's own messages contain the whole token.
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3
 */
export async function verifyToken(
  ring: KeyRing,
  token: string,
  expected: Expected,
): Promise<(RegisteredClaims & Record<string, unknown>) | null> {
  if (token.length > MAX_TOKEN_CHARACTERS || !token.split('.').every(isBase64Url)) return null
  try {
    const { header }: { header: { kid?: unknown } } = decode(token)
    const entry = typeof header.kid === 'string' ? ring.verification.get(header.kid) : undefined
    if (!entry) return null
    // The library compares times with a clock of its own and only where a claim happens to be there, so
    // times are checked below.
    const options = { alg: entry.alg, exp: false, iat: false, nbf: false }
    const claims: unknown = await verify(token, await entry.key(), options)
    return hasRegisteredClaims(claims, expected) ? claims : null
  } catch {
    return null
  }
}

function hasRegisteredClaims(
  claims: unknown,
  { issuer, audience, now, ignoreExpiry }: Expected,
): claims is RegisteredClaims & Record<string, unknown> {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return false
  const { iss, aud, sub, jti, iat, exp, nbf = iat } = claims as Record<string, unknown>
  if (iss !== issuer || aud !== audience || typeof sub !== 'string' || typeof jti !== 'string') return false
  if (!isSeconds(iat) || !isSeconds(exp) || !isSeconds(nbf)) return false
  const seconds = now.getTime() / 1000
  return (ignoreExpiry || seconds < exp) && Math.max(iat, nbf) <= seconds + CLOCK_LEEWAY_SECONDS
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function ascii(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ascii)
  if (typeof value !== 'string') return value
  const escaped = JSON.stringify(value).replace(
    /[>?~\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return JSON.rawJSON(escaped)
}
