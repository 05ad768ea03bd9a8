import type { DerivedKeys } from './derived-key.ts'
import { uuidFromBytes, uuidToBytes } from './encoding.ts'
import { seal, unseal } from './sealed.ts'

/** What a refresh token says: the session and which of its tokens this is, counted from 0. */
export type RefreshTokenContent = { sessionId: string; generation: number }

const SESSION_BYTES = 16
const CONTENT_BYTES = SESSION_BYTES + 4

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
  content.set(uuidToBytes(sessionId))
  new DataView(content.buffer).setUint32(SESSION_BYTES, generation)
  return await seal(keys, content)
}

/**
 * Reads a refresh token that this server made; `null` for anything else, before any query. So a forger can
 * neither reach the database nor name the session of somebody else to have it ended.
 */
export async function readRefreshToken(
  keys: DerivedKeys,
  token: string,
): Promise<RefreshTokenContent | null> {
  const content = await unseal(keys, token, CONTENT_BYTES)
  if (!content) return null
  const sessionId = uuidFromBytes(content.subarray(0, SESSION_BYTES))
  return { sessionId, generation: new DataView(content.buffer).getUint32(SESSION_BYTES) }
}
