import { readRefreshToken } from '../crypto/refresh-token.ts'
import type { Deps } from '../deps.ts'
import { verifyAccessToken } from './access-token.ts'
import { endSession } from './queries.ts'

/**
 * Ends the session that a token belongs to: a refresh token of it, or else an access token. A token that is
 * not ours costs no query and changes nothing; signing out twice is no error (RFC 7009 section 2.2).
 */
export async function signOut(
  deps: Pick<Deps, 'db' | 'clock' | 'config' | 'keyRing' | 'refreshKeys'>,
  { refreshToken, accessToken }: { refreshToken: string | null; accessToken: string | null },
): Promise<void> {
  const fromRefresh = refreshToken === null ? null : await readRefreshToken(deps.refreshKeys, refreshToken)
  const fromAccess = fromRefresh || accessToken === null ? null : await verifyAccessToken(deps, accessToken)
  const sessionId = fromRefresh?.sessionId ?? fromAccess?.sessionId
  if (sessionId) await endSession(deps.db, { sessionId, now: deps.clock(), reason: 'signed_out' })
}
