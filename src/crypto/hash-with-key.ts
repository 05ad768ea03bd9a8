import type { DerivedKeys } from './derive-keys.ts'
import { toBase64Url, utf8 } from './encoding.ts'

/** 128 bits: without the key nobody finds two strings with the same hash. */
const HASH_BYTES = 16

/**
 * HMAC-SHA-256 of a string, shortened. A plain hash would not hide an IP address or an email: it is reversed
 * by hashing all of them.
 *
 * @returns 22 characters of base64url
 */
export async function hashWithKey(keys: DerivedKeys, value: string): Promise<string> {
  const [key] = await keys()
  if (!key) throw new TypeError('A keyed hash needs a key')
  const mac = await crypto.subtle.sign('HMAC', key, utf8(value))
  return toBase64Url(new Uint8Array(mac, 0, HASH_BYTES))
}
