import type { DerivedKeys } from './derived-key.ts'
import { toBase64Url, utf8 } from './encoding.ts'

/** 128 bits: two texts that share them are found by nobody who does not have the key. */
const HASH_BYTES = 16

/**
 * A name for a text that says nothing of it to whoever lacks the key: a plain hash of an address is found by
 * hashing all addresses.
 *
 * @returns 22 characters of base64url
 */
export async function keyedHash(keys: DerivedKeys, text: string): Promise<string> {
  const [key] = await keys()
  if (!key) throw new TypeError('A keyed hash needs a key')
  const mac = await crypto.subtle.sign('HMAC', key, utf8(text))
  return toBase64Url(new Uint8Array(mac, 0, HASH_BYTES))
}
