import { readRefreshToken } from '../crypto/refresh-token.ts'
import type { Deps } from '../deps.ts'
import { verifyAccessToken } from './verify-access-token.ts'

type Tokens = { refreshToken: string | null; accessToken: string | null }

/**
 * Which session tokens belong to, by their signatures alone: whoever signs out an hour after their access
 * token expired still means that session. Costs no query.
 *
 * @returns the id, or `null` where neither token is ours
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
