import type { DerivedKeys } from './derived-key.ts'
import { fromBase64Url, toBase64Url } from './encoding.ts'

/** What a refresh token says: the session and which of its tokens this is, counted from 0. */
export type RefreshTokenContent = { sessionId: string; generation: number }

const SESSION_BYTES = 16
const CONTENT_BYTES = SESSION_BYTES + 4
const MAC_BYTES = 32

/** 52 bytes in base64url. */
const TOKEN_CHARACTERS = 70

/**
 * Makes the refresh token of a session's generation: base64url of the session's id, the generation as a
 * 32-bit number, and HMAC-SHA-256 over both. It is a function of what it says, so that everybody who lost a
 * race for the next token can be given the same one, and no token has to be stored anywhere.
 */
export async function makeRefreshToken(
  keys: DerivedKeys,
  { sessionId, generation }: RefreshTokenContent,
): Promise<string> {
  const content = new Uint8Array(CONTENT_BYTES)
  const hex = sessionId.replaceAll('-', '')
  for (let index = 0; index < SESSION_BYTES; index++) {
    content[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)
  }
  new DataView(content.buffer).setUint32(SESSION_BYTES, generation)
  const [key] = await keys()
  if (!key) throw new TypeError('A refresh token needs a key')
  const mac = await crypto.subtle.sign('HMAC', key, content)
  const token = new Uint8Array(CONTENT_BYTES + MAC_BYTES)
  token.set(content)
  token.set(new Uint8Array(mac), CONTENT_BYTES)
  return toBase64Url(token)
}

/**
 * Reads a refresh token that this server made; `null` for anything else, before any query. So a forger can
 * neither reach the database nor name the session of somebody else to have it ended.
 */
export async function readRefreshToken(
  keys: DerivedKeys,
  token: string,
): Promise<RefreshTokenContent | null> {
  if (token.length !== TOKEN_CHARACTERS) return null
  const bytes = fromBase64Url(token)
  if (!bytes) return null
  const content = bytes.subarray(0, CONTENT_BYTES)
  const mac = bytes.subarray(CONTENT_BYTES)
  for (const key of await keys()) {
    // Web Crypto compares in constant time.
    if (!(await crypto.subtle.verify('HMAC', key, mac, content))) continue
    const hex = Array.from(content.subarray(0, SESSION_BYTES), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('')
    const sessionId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    return { sessionId, generation: new DataView(content.buffer).getUint32(SESSION_BYTES) }
  }
  return null
}
