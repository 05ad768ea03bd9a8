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
  return await unsealWithin(keys, token, { from: bytes, to: bytes })
}

/**
 * Like `unseal`, for contents of `from` to `to` bytes. Tokens whose length varies need keys of their own:
 * with shared keys, one of another kind and the same length would be accepted.
 */
export async function unsealWithin(
  keys: DerivedKeys,
  token: string,
  { from, to }: { from: number; to: number },
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (token.length < encodedLength(from) || token.length > encodedLength(to)) return null
  const sealed = fromBase64Url(token)
  if (!sealed) return null
  const end = sealed.length - MAC_BYTES
  const content = sealed.slice(0, end)
  for (const key of await keys()) {
    // Web Crypto compares in constant time.
    if (await crypto.subtle.verify('HMAC', key, sealed.slice(end), content)) return content
  }
  return null
}

function encodedLength(bytes: number): number {
  return Math.ceil(((bytes + MAC_BYTES) * 4) / 3)
}
