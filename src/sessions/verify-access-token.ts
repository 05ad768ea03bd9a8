import { isUuid } from '../crypto/encoding.ts'
import { verifyToken } from '../crypto/jwt.ts'
import { MAX_INTEGER } from '../db/integer.ts'
import type { Deps } from '../deps.ts'

/** The user and the session that an access token speaks for. */
export type AccessClaims = { userId: number; sessionId: string }

/** The claim `token_use`: no other kind of token signed by the same keys passes for an access token. */
export const ACCESS_TOKEN_USE = 'access'

/**
 * Verifies an access token without any query.
 *
 * @param options.ignoreExpiry accepts a token that has expired, if all else is right
 * @returns `null` for every reason to refuse it
 */
export async function verifyAccessToken(
  { config, clock, keyRing }: Pick<Deps, 'config' | 'clock' | 'keyRing'>,
  token: string,
  { ignoreExpiry = false }: { ignoreExpiry?: boolean } = {},
): Promise<AccessClaims | null> {
  const expected = { issuer: config.publicUrl, audience: config.audience, now: clock(), ignoreExpiry }
  const claims = await verifyToken(keyRing, token, expected)
  const uid = claims?.['uid']
  if (claims?.['token_use'] !== ACCESS_TOKEN_USE || typeof uid !== 'number') return null
  if (!Number.isInteger(uid) || uid < 1 || uid > MAX_INTEGER) return null
  const sid = claims['sid']
  if (typeof sid !== 'string' || !isUuid(sid)) return null
  return { userId: uid, sessionId: sid }
}
