import type { DerivedKeys } from './derived-key.ts'
import { fromBase64Url, toBase64Url } from './encoding.ts'

const MAC_BYTES = 32

/** Makes a text of some bytes that only this server can make: base64url of them and their HMAC-SHA-256. */
export async function seal(keys: DerivedKeys, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const [key] = await keys()
  if (!key) throw new TypeError('Sealing needs a key')
  const sealed = new Uint8Array(content.length + MAC_BYTES)
  sealed.set(content)
  sealed.set(new Uint8Array(await crypto.subtle.sign('HMAC', key, content)), content.length)
  return toBase64Url(sealed)
}

/**
 * Reads what `seal` made with any of the keys.
 *
 * @param bytes how long the content is; another length is somebody else's text
 * @returns `null` for anything that this server did not make, in the one spelling it has
 */
export async function unseal(
  keys: DerivedKeys,
  text: string,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (text.length !== Math.ceil(((bytes + MAC_BYTES) * 4) / 3)) return null
  const sealed = fromBase64Url(text)
  if (!sealed) return null
  const content = sealed.slice(0, bytes)
  for (const key of await keys()) {
    // Web Crypto compares in constant time.
    if (await crypto.subtle.verify('HMAC', key, sealed.slice(bytes), content)) return content
  }
  return null
}
