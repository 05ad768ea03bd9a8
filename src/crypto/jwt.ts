import { decode, verify } from 'hono/jwt'
import { isBase64Url, toBase64Url, utf8 } from './encoding.ts'
import { importSigningKey, importVerificationKey, type SigningKey, signBytes } from './signing-key.ts'

/**
 * The signing keys of this server: the first signs, all verify. Each is imported once, on first use: with an
 * imported key `verify` is about twice as fast as with a secret.
 */
export type KeyRing = {
  signing: Pick<SigningKey, 'alg' | 'kid'> & { key: () => Promise<CryptoKey> }
  verification: ReadonlyMap<string, { alg: SigningKey['alg']; key: () => Promise<CryptoKey> }>
}

/** The media type of a token: of any JWT, or of an access token (RFC 9068 section 2.1). */
export type TokenType = 'JWT' | 'at+jwt'

/**
 * Both are accepted, so that no live token is refused after `JWT_TYPE` was changed. What a token is for is
 * decided by its claim `token_use`.
 */
const TOKEN_TYPES: TokenType[] = ['JWT', 'at+jwt']

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
 * one is under 12 KiB: 33 roles, a name and an address that double in size in JSON and base64, and eight
 * members of `app_metadata`.
 */
const MAX_TOKEN_CHARACTERS = 12_288

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
    signing: { alg, kid, key: once(() => importSigningKey(signing)) },
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
 * Signs claims with the ring's first key; the header names it (`kid`) and the type of the token. The library
 * can write no other type than `JWT`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-3.1
 */
export async function signToken(
  { signing: { alg, kid, key } }: KeyRing,
  claims: RegisteredClaims & Record<string, unknown>,
  typ: TokenType,
): Promise<string> {
  const signed = `${encode({ alg, typ, kid })}.${encode(claims)}`
  return `${signed}.${toBase64Url(await signBytes(await key(), alg, utf8(signed)))}`
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
    const options = { alg: entry.alg, typ: TOKEN_TYPES, exp: false, iat: false, nbf: false }
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

/**
 * One part of a token, in ASCII with JSON escapes. Frontends read the payload by
 * `JSON.parse(atob(token.split('.')[1]))`, and `atob` knows neither UTF-8 nor the `-` and `_` of base64url.
 * ASCII without `>`, `?`, `~` and DEL never encodes to those two, so such code can read any name. In JSON
 * these characters are in strings only, where an escape means the same.
 */
function encode(part: object): string {
  return toBase64Url(utf8(toAsciiJson(part)))
}

/** The JSON of a value as it is in a token. */
export function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[>?~\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
