import type { Limit } from '../config/rules.ts'
import type { Database } from '../db/client.ts'
import type { Deps } from '../deps.ts'
import { actBudget, type BudgetDeps, rateLimited } from '../limits/budgets.ts'
import type { OwnSession } from '../sql/sessions.ts'
import {
  type Counted,
  findSessionPrincipal,
  findSessionUser,
  type Principal,
  type Spent,
  type User,
} from '../users/queries.ts'
import { verifyAccessToken } from './access-token.ts'

type AuthenticateDeps = Pick<Deps, 'clock' | 'keyRing' | 'db'> & BudgetDeps
export type Authenticated<Who> = { user: Who; sessionId: string }

/**
 * Whose request this is: the user an access token speaks for, as stored now, and the session it belongs to,
 * which has to be live. A token that fails its checks costs no query.
 *
 * @param limit which of the account's limits the request is counted for; `null`: none
 * @returns `null` when the token is not accepted, the session has ended, or the user is gone or disabled
 * @throws AppError `rate_limited`
 */
export function authenticate(
  deps: AuthenticateDeps,
  token: string,
  limit: Limit | null,
): Promise<Authenticated<User> | null> {
  return authenticateAs(findSessionUser, deps, { token, limit })
}

/** The same with what the user may do now, which is two joins more to plan. */
export function authenticateWithPermissions(
  deps: AuthenticateDeps,
  token: string,
  limit: Limit | null,
): Promise<Authenticated<Principal> | null> {
  return authenticateAs(findSessionPrincipal, deps, { token, limit })
}

type Find<Who> = (
  deps: { db: Database; client: Deps['client'] },
  session: OwnSession & { spends: Counted | null },
) => Promise<(Who & Spent) | null>

async function authenticateAs<Who extends User>(
  find: Find<Who>,
  deps: AuthenticateDeps,
  { token, limit }: { token: string; limit: Limit | null },
): Promise<Authenticated<Who> | null> {
  const claims = await verifyAccessToken(deps, token)
  if (!claims) return null
  const spends = limit && {
    limit: limit.name,
    budget: await actBudget(deps, { limit, userId: claims.userId }),
  }
  const user = await find(deps, { ...claims, spends, now: deps.clock() })
  if (user?.id !== claims.userId) return null
  if (limit && user.allowed !== true) throw rateLimited(limit, user.secondsToWait)
  return { user, sessionId: claims.sessionId }
}
