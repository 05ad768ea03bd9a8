import type { DerivedKeys } from './derive-keys.ts'
import { fromBase64Url, toBase64Url } from './encoding.ts'

const MAC_BYTES = 32

/** Makes a token of bytes that only this server can make: base64url of them and their HMAC-SHA-256. */
export async function seal(keys: DerivedKeys, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const [key] = await keys()
  if (!key) throw new TypeError('Sealing needs a key')
  const sealed = new Uint8Array(content.length + MAC_BYTES)
  sealed.set(content)
  sealed.set(new Uint8Array(await crypto.subtle.sign('HMAC', key, content)), content.length)
  return toBase64Url(sealed)
}

/**
 * Verifies a token that `seal` made with any of the keys.
 *
 * @param bytes the length of the content
 * @returns the content; `null` for another length, another signature or another spelling
 */
export async function unseal(
  keys: DerivedKeys,
  token: string,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (token.length !== Math.ceil(((bytes + MAC_BYTES) * 4) / 3)) return null
  const sealed = fromBase64Url(token)
  if (!sealed) return null
  const content = sealed.slice(0, bytes)
  for (const key of await keys()) {
    // Web Crypto compares in constant time.
    if (await crypto.subtle.verify('HMAC', key, sealed.slice(bytes), content)) return content
  }
  return null
}
