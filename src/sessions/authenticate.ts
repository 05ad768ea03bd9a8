import type { Deps } from '../deps.ts'
import type { Principal } from '../users/queries.ts'
import { verifyAccessToken } from './access-token.ts'
import { findSessionUser } from './queries.ts'

/**
 * Whose request this is: the user an access token speaks for, as stored now, and the session it belongs to,
 * which has to be live. A token that fails its checks costs no query.
 *
 * @returns `null` when the token is not accepted, the session has ended, or the user is gone or disabled
 */
export async function authenticate(
  deps: Pick<Deps, 'config' | 'clock' | 'keyRing' | 'db'>,
  token: string,
): Promise<{ user: Principal; sessionId: string } | null> {
  const claims = await verifyAccessToken(deps, token)
  if (!claims) return null
  const user = await findSessionUser(deps.db, { ...claims, now: deps.clock() })
  return user?.id === claims.userId ? { user, sessionId: claims.sessionId } : null
}
