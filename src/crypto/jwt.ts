import { decode, sign, verify } from 'hono/jwt'
import { isBase64Url } from './encoding.ts'
import { importSigningKey, importVerificationKey, type SigningKey } from './signing-key.ts'

/**
 * The signing keys of this server: the first signs, all verify. Each is imported once, on first use: with an
 * imported key `verify` is about twice as fast as with a secret.
 */
export type KeyRing = {
  signing: () => Promise<NamedKey>
  verification: ReadonlyMap<string, { alg: SigningKey['alg']; key: () => Promise<CryptoKey> }>
}

/** The library writes `kid` into the header if the key has both properties. */
type NamedKey = CryptoKey & Pick<SigningKey, 'alg' | 'kid'>

/** The claims of every token of this server (RFC 7519 section 4.1); times in whole Unix seconds. */
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
 * Tokens are issued and verified on machines whose clocks differ a little: a token may be from up to five
 * seconds in the future, more than NTP leaves. It is never accepted after its expiry.
 */
export const CLOCK_LEEWAY_SECONDS = 5

/**
 * Longer tokens are refused before anything decodes them. Most of ours are under 1 KiB. The largest possible
 * one, with 32 roles and a name and an address that double in size in JSON and base64, is under 7 KiB.
 */
const MAX_TOKEN_CHARACTERS = 8192

/**
 * Builds the key ring.
 *
 * @throws TypeError if there is no key: such a server must not start
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

/** Memoizes `make`, but not its failure. */
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
 * String claims are written in ASCII, with JSON escapes. Frontends read the payload by
 * `JSON.parse(atob(token.split('.')[1]))`, and `atob` knows neither UTF-8 nor the `-` and `_` of base64url.
 * ASCII without `>`, `?`, `~` and DEL never encodes to those two, so such code can read any name.
 */
export async function signToken(ring: KeyRing, claims: RegisteredClaims & Record<string, unknown>) {
  const plain = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, ascii(value)]))
  return await sign(plain, await ring.signing())
}

/**
 * Verifies a token: `kid` selects the key, whose one algorithm must be the header's; issuer, audience and
 * times must be right; every part must be canonical base64url.
 *
 * @returns the claims; `null` if the token is refused, for whatever reason. The reason would be an oracle,
 *   and the library's messages contain the whole token.
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
    // The library reads its own clock, and accepts a token without `exp`: `hasRegisteredClaims` checks times.
    const options = { alg: entry.alg, exp: false, iat: false, nbf: false }
    const claims: unknown = await verify(token, await entry.key(), options)
    return hasRegisteredClaims(claims, expected) ? claims : null
  } catch {
    return null
  }
}

type Registered = keyof RegisteredClaims | 'nbf'

function hasRegisteredClaims(
  claims: unknown,
  { issuer, audience, now, ignoreExpiry }: Expected,
): claims is RegisteredClaims & Record<string, unknown> {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return false
  const { iss, aud, sub, jti, iat, exp, nbf = iat }: Partial<Record<Registered, unknown>> = claims
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
