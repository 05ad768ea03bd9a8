import type { Database } from '../db/client.ts'
import type { OwnSession } from '../db/live-session.ts'
import type { Deps } from '../deps.ts'
import { findSessionPrincipal, findSessionUser, type Principal, type User } from '../users/queries.ts'
import { verifyAccessToken } from './access-token.ts'

type AuthenticateDeps = Pick<Deps, 'config' | 'clock' | 'keyRing' | 'db'>
export type Authenticated<Who> = { user: Who; sessionId: string }

/**
 * Whose request this is: the user an access token speaks for, as stored now, and the session it belongs to,
 * which has to be live. A token that fails its checks costs no query.
 *
 * @returns `null` when the token is not accepted, the session has ended, or the user is gone or disabled
 */
export function authenticate(deps: AuthenticateDeps, token: string): Promise<Authenticated<User> | null> {
  return authenticateAs(findSessionUser, deps, token)
}

/** The same with what the user may do now, which is two joins more to plan. */
export function authenticateWithPermissions(
  deps: AuthenticateDeps,
  token: string,
): Promise<Authenticated<Principal> | null> {
  return authenticateAs(findSessionPrincipal, deps, token)
}

async function authenticateAs<Who extends User>(
  find: (db: Database, session: OwnSession) => Promise<Who | null>,
  deps: AuthenticateDeps,
  token: string,
): Promise<Authenticated<Who> | null> {
  const claims = await verifyAccessToken(deps, token)
  if (!claims) return null
  const user = await find(deps.db, { ...claims, now: deps.clock() })
  return user?.id === claims.userId ? { user, sessionId: claims.sessionId } : null
}
