import { utf8 } from './encoding.ts'

/** Each purpose has a label of its own, so that a key derived for one is useless for another. */
type Purpose = 'refresh-token' | 'device-token' | 'rate-limit' | 'one-time-token'

/**
 * The keys for one purpose, one for each configured secret. The first signs, all verify: tokens signed with
 * the old secret stay valid while it is rotated out. Derived once, on first use.
 */
export type DerivedKeys = () => Promise<readonly CryptoKey[]>

/**
 * Derives HMAC-SHA-256 keys by HKDF-SHA-256, without a salt: the secrets are random already.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5869#section-3.2
 */
export function deriveKeys(secrets: readonly string[], purpose: Purpose): DerivedKeys {
  let keys: Promise<CryptoKey[]> | undefined
  return function derivedKeys() {
    keys ??= Promise.all(secrets.map((secret) => derive(secret, purpose)))
    return keys
  }
}

async function derive(secret: string, purpose: Purpose): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', utf8(secret), 'HKDF', false, ['deriveKey'])
  const algorithm = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: utf8(`lumascope ${purpose} v1`),
  }
  const use = { name: 'HMAC', hash: 'SHA-256', length: 256 }
  return await crypto.subtle.deriveKey(algorithm, material, use, false, ['sign', 'verify'])
}
