import { readRefreshToken } from '../crypto/refresh-token.ts'
import type { Deps } from '../deps.ts'
import { verifyAccessToken } from './verify-access-token.ts'

type Tokens = { refreshToken: string | null; accessToken: string | null }

/**
 * Finds the session of a refresh token or else of an access token, by their signatures alone and without a
 * query. An access token that has expired counts too: a user who signs out an hour later means that session.
 *
 * @returns the session's id; `null` if neither token is ours
 */
export async function findTokenSession(
  deps: Pick<Deps, 'clock' | 'config' | 'keyRing' | 'refreshKeys'>,
  { refreshToken, accessToken }: Tokens,
): Promise<string | null> {
  const fromRefresh = refreshToken ? await readRefreshToken(deps.refreshKeys, refreshToken) : null
  if (fromRefresh) return fromRefresh.sessionId
  const claims = accessToken ? await verifyAccessToken(deps, accessToken, { ignoreExpiry: true }) : null
  return claims?.sessionId ?? null
}
