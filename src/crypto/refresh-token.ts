import type { DerivedKeys } from './derive-keys.ts'
import { uuidFromBytes, uuidToBytes } from './encoding.ts'
import { seal, unseal } from './seal.ts'

/** The session of a refresh token, and its generation, which counts from 0. */
export type RefreshTokenContent = { sessionId: string; generation: number }

const SESSION_BYTES = 16
const CONTENT_BYTES = SESSION_BYTES + 4

/**
 * Makes the refresh token of a session's generation: base64url of the session's id, the generation as a
 * 32-bit number, and an HMAC-SHA-256 over both. The token is a function of its content, so all clients that
 * raced for a refresh get the same one, and none has to be stored.
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
 * Reads a refresh token of this server; `null` for any other string. It needs no query: a forged token never
 * reaches the database, and can't end somebody else's session as a replay would.
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
