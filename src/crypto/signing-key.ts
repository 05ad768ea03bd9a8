import { fromBase64Url, toBase64Url, toHex, utf8 } from './encoding.ts'
import { PUBLISHED_COORDINATES } from './published-keys.ts'
import { keyWeakness } from './weakness.ts'

export type Algorithm = 'HS256' | 'ES256' | 'EdDSA'

/** A private or secret key as a JSON Web Key (RFC 7517 section 4) whose one algorithm is part of it. */
export type SigningKey = {
  alg: Algorithm
  kid: string
  kty: string
  crv?: string
  /** Of a symmetric key: the secret itself. */
  k?: string
  /** Of an asymmetric key: the public part, one coordinate or two … */
  x?: string
  y?: string
  /** … and the private part. */
  d?: string
}

/** The public half of an asymmetric key, for others to verify with. */
export type PublicKey = Omit<SigningKey, 'k' | 'd'> & { use: 'sig' }

/** All that is known of an algorithm (RFC 7518 section 3.1, RFC 8037); nothing else here tells them apart. */
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

/** Coordinates and private numbers of both curves have 32 bytes. */
const PART_BYTES = 32

/** An HS256 signing key from a secret text; whether the secret is good enough is `keyProblem`'s to say. */
export function hs256Key(kid: string, secret: string): SigningKey {
  return { kty: 'oct', alg: 'HS256', kid, k: toBase64Url(utf8(secret)) }
}

/** Makes a key of full strength. */
export async function generateKey(alg: Algorithm, kid: string): Promise<SigningKey> {
  const { use } = ALGORITHMS[alg]
  // HMAC-SHA-256 keys come in the 512 bits of its block.
  const made = (await crypto.subtle.generateKey(use, true, ['sign', 'verify'])) as CryptoKey | CryptoKeyPair
  const key = 'privateKey' in made ? made.privateKey : made
  const jwk = (await crypto.subtle.exportKey('jwk', key)) as SigningKey
  return pick(jwk, { alg, kid })
}

/** What is wrong with a key before it is used; `null` if nothing is. Nothing of the key is repeated. */
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
 * Whether a private number has fewer than 192 bits, counted from either end: n - 1 has the coordinate of 1.
 */
function isSmallOfP256(alg: Algorithm, d: string): boolean {
  if (alg !== 'ES256') return false
  const number = BigInt(`0x${toHex(fromBase64Url(d) ?? new Uint8Array(1))}`)
  const fromEnd = P256_ORDER - number
  return (number < fromEnd ? number : fromEnd) < 1n << 192n
}

/** What two keys have in common if they are one: the secret, or the first coordinate. */
export function keyIdentity({ k, x }: SigningKey): string {
  return k ?? x ?? ''
}

/** A key with the members its algorithm has and no other. */
export function pick(key: SigningKey, { alg, kid }: Pick<SigningKey, 'alg' | 'kid'>): SigningKey {
  const { kty, crv, parts } = ALGORITHMS[alg]
  const members = parts.map((part) => [part, key[part]])
  return { kty, ...(crv && { crv }), alg, kid, ...Object.fromEntries(members) }
}

/** The half that others may have; `null` for a symmetric key, which is a secret as a whole. */
export function publicKey({ k, d: _, ...key }: SigningKey): PublicKey | null {
  return k === undefined ? { ...key, use: 'sig' } : null
}

/** A key to verify with, as Web Crypto takes it: an `alg` of its own would be refused for Ed25519. */
export function importVerificationKey({ alg, kid: _, d: _private, ...key }: SigningKey): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', key, ALGORITHMS[alg].use, false, ['verify'])
}

/** A key to sign with, as Web Crypto takes it. */
export function importSigningKey({ alg, kid: _, ...key }: SigningKey): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', key, ALGORITHMS[alg].use, false, ['sign'])
}

/**
 * Uses a key once: a public part that belongs to another key looks right and fails at every sign-in.
 *
 * @returns whether its signature verifies
 */
export async function isUsable(key: SigningKey): Promise<boolean> {
  const algorithm = { ...ALGORITHMS[key.alg].use, hash: 'SHA-256' }
  const message = utf8('usable')
  try {
    const signature = await crypto.subtle.sign(algorithm, await importSigningKey(key), message)
    return await crypto.subtle.verify(algorithm, await importVerificationKey(key), signature, message)
  } catch {
    return false
  }
}
