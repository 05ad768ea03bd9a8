import { fromBase64Url, toBase64Url, toHex, utf8 } from './encoding.ts'
import { PUBLISHED_COORDINATES } from './published-keys.ts'
import { keyWeakness } from './weakness.ts'

export type Algorithm = 'HS256' | 'ES256' | 'EdDSA'

/** A private or symmetric key as a JSON Web Key (RFC 7517 section 4), bound to one algorithm. */
export type SigningKey = {
  alg: Algorithm
  kid: string
  kty: string
  crv?: string
  /** The secret of a symmetric key. */
  k?: string
  /** The public part of an asymmetric key: one coordinate or two. */
  x?: string
  y?: string
  /** The private part of an asymmetric key. */
  d?: string
}

/** The public part of an asymmetric key, as the JWKS publishes it. */
export type PublicKey = Omit<SigningKey, 'k' | 'd'> & { use: 'sig' }

/** The one table of algorithms (RFC 7518 section 3.1, RFC 8037): no other code distinguishes them. */
const ALGORITHMS: Record<
  Algorithm,
  {
    kty: string
    crv?: string
    parts: readonly ('k' | 'x' | 'y' | 'd')[]
    use: HmacImportParams | EcKeyImportParams
  }
> = {
  HS256: { kty: 'oct', parts: ['k'], use: { name: 'HMAC', hash: 'SHA-256' } },
  ES256: { kty: 'EC', crv: 'P-256', parts: ['x', 'y', 'd'], use: { name: 'ECDSA', namedCurve: 'P-256' } },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', parts: ['x', 'd'], use: { name: 'Ed25519', namedCurve: 'Ed25519' } },
}

/** The length of coordinates and private keys on both curves. */
const PART_BYTES = 32

/** An HS256 key of a secret string; `keyProblem` says whether the secret is strong enough. */
export function hs256Key(kid: string, secret: string): SigningKey {
  return { kty: 'oct', alg: 'HS256', kid, k: toBase64Url(utf8(secret)) }
}

/** Generates a key. */
export async function generateKey(alg: Algorithm, kid: string): Promise<SigningKey> {
  const { use } = ALGORITHMS[alg]
  // Web Crypto generates HMAC-SHA-256 keys of 512 bits, the block size of SHA-256.
  const made = (await crypto.subtle.generateKey(use, true, ['sign', 'verify'])) as CryptoKey | CryptoKeyPair
  const key = 'privateKey' in made ? made.privateKey : made
  const jwk = (await crypto.subtle.exportKey('jwk', key)) as SigningKey
  return pick(jwk, { alg, kid })
}

/** The reason to refuse a configured key, without quoting any of it; `null` if there is none. */
export function keyProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'is not a JSON Web Key'
  const { alg, kid, ...key } = value as Partial<SigningKey>
  if (typeof kid !== 'string' || kid.length < 1 || kid.length > 64) return 'needs a kid of 1 to 64 characters'
  if (typeof alg !== 'string' || !Object.hasOwn(ALGORITHMS, alg)) return 'needs an alg: HS256, ES256 or EdDSA'
  const { kty, crv, parts } = ALGORITHMS[alg]
  if (key.kty !== kty || key.crv !== crv)
    return `does not fit its alg: ${alg} has kty ${kty}${crv ? `, crv ${crv}` : ''}`
  for (const part of parts) {
    const text = key[part]
    if (part === 'd' && text === undefined) return 'lacks its private part (d): it could not sign'
    const bytes = typeof text === 'string' ? fromBase64Url(text) : null
    if (!bytes) return `has no ${part} in base64url`
    if (part !== 'k' && bytes.length !== PART_BYTES)
      return `has a ${part} that is not ${PART_BYTES} bytes long`
    const weak = part === 'k' || part === 'd' ? keyWeakness(bytes) : null
    if (weak) return part === 'k' ? weak : WEAK_PRIVATE
  }
  const isGuessable = PUBLISHED_COORDINATES.has(key.x ?? '') || (key.d && isSmallOfP256(alg, key.d))
  return isGuessable ? WEAK_PRIVATE : null
}

const WEAK_PRIVATE = 'can be guessed, or is printed somewhere; generate one with: npm run keys -- generate'

/** The order of the group of P-256 (SEC 2 version 2, section 2.4.2). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/**
 * Whether a private key is within 2^192 of 0 or of the order n. From n too, since `n - d` has the same `x` as
 * `d`.
 */
function isSmallOfP256(alg: Algorithm, d: string): boolean {
  if (alg !== 'ES256') return false
  const number = BigInt(`0x${toHex(fromBase64Url(d) ?? new Uint8Array(1))}`)
  const fromEnd = P256_ORDER - number
  return (number < fromEnd ? number : fromEnd) < 1n << 192n
}

/** A string that is equal for two JWKs of one key: the secret, or the first coordinate. */
export function keyIdentity({ k, x }: SigningKey): string {
  return k ?? x ?? ''
}

/** The key with the parameters of its algorithm and no others. */
export function pick(key: SigningKey, { alg, kid }: Pick<SigningKey, 'alg' | 'kid'>): SigningKey {
  const { kty, crv, parts } = ALGORITHMS[alg]
  const members = parts.map((part) => [part, key[part]])
  return { kty, ...(crv && { crv }), alg, kid, ...Object.fromEntries(members) }
}

/** The public part of a key; `null` for a symmetric key, which has none. */
export function publicKey({ k, d: _, ...key }: SigningKey): PublicKey | null {
  return k === undefined ? { ...key, use: 'sig' } : null
}

/** Imports a key for verifying, without `alg`: Web Crypto refuses an Ed25519 JWK that has it. */
export function importVerificationKey({ alg, kid: _, d: _private, ...key }: SigningKey): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', key, ALGORITHMS[alg].use, false, ['verify'])
}

/** Imports a key for signing. */
export function importSigningKey({ alg, kid: _, ...key }: SigningKey): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', key, ALGORITHMS[alg].use, false, ['sign'])
}

/**
 * Signs with an imported key (RFC 7515 section 5.1, step 5). ECDSA signatures come as `r ‖ s`, as JWS wants
 * them.
 */
export async function signBytes(
  key: CryptoKey,
  alg: Algorithm,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign(signatureAlgorithm(alg), key, data))
}

/** Ed25519 ignores the hash: it has its own. */
function signatureAlgorithm(alg: Algorithm) {
  return { ...ALGORITHMS[alg].use, hash: 'SHA-256' }
}

/**
 * Signs and verifies once: a key whose public part belongs to another key is well-formed and would fail at
 * every sign-in.
 *
 * @returns whether the signature verified
 */
export async function isUsable(key: SigningKey): Promise<boolean> {
  const message = utf8('usable')
  try {
    const signature = await signBytes(await importSigningKey(key), key.alg, message)
    const verificationKey = await importVerificationKey(key)
    return await crypto.subtle.verify(signatureAlgorithm(key.alg), verificationKey, signature, message)
  } catch {
    return false
  }
}
