import { utf8 } from './encoding.ts'

/** What keys are derived for. A label each: a key of one purpose is of no use for another. */
type Purpose = 'refresh-token' | 'device-token' | 'rate-limit'

/**
 * Keys for one purpose from several secrets: the first makes, all are accepted, so that a secret can be
 * replaced while what was made with the old one stays valid. Derived once, on first use.
 */
export type DerivedKeys = () => Promise<readonly CryptoKey[]>

/**
 * HMAC-SHA-256 keys by HKDF-SHA-256. No salt: the secrets are configured to be of full strength.
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
