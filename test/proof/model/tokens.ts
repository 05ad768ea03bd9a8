import { fromBase64Url, toBase64Url } from '../../../src/crypto/encoding.ts'

/** The session's id and the generation in a refresh token, which nobody outside needs to know. */
export function readContent(token: string): { id: string; generation: number } {
  const bytes = fromBase64Url(token) ?? new Uint8Array(20)
  const hex = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { id, generation: new DataView(bytes.buffer, bytes.byteOffset).getUint32(16) }
}

/** The same token with another generation: what somebody would send who could make the server believe it. */
export function forge(token: string): string {
  const bytes = Uint8Array.from(fromBase64Url(token) ?? [])
  bytes[19] = (bytes[19] ?? 0) + 1
  return toBase64Url(bytes)
}
