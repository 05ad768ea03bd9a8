import type { Deps } from '../deps.ts'
import { type BucketDeps, type Counting, makeActBucket } from '../limits/make-buckets.ts'
import { rateLimitedError } from '../limits/rate-limited-error.ts'
import type { Principal, User } from '../sql/users.ts'
import { type Counted, type Found, findPrincipal, findUser } from './authenticate.sql.ts'
import { verifyAccessToken } from './verify-access-token.ts'

type AuthenticateDeps = Pick<Deps, 'clock' | 'keyRing' | 'db'> & BucketDeps
export type Authenticated<Who> = { user: Who; sessionId: string }

/**
 * Finds the user whom an access token speaks for, as stored now, and the session, which has to be live. A
 * token that fails its checks costs no query.
 *
 * @param counting the limit that counts the request; `null`: none
 * @returns `null` if the token is not accepted, the session has ended, or the user is deleted or disabled
 * @throws AppError `rate_limited`
 */
export function authenticate(
  deps: AuthenticateDeps,
  token: string,
  counting: Counting | null,
): Promise<Authenticated<User> | null> {
  return authenticateAs(findUser, deps, { token, counting })
}

/** The same, with the user's permissions as they are now: two more joins to plan. */
export function authenticateWithPermissions(
  deps: AuthenticateDeps,
  token: string,
  counting: Counting | null,
): Promise<Authenticated<Principal> | null> {
  return authenticateAs(findPrincipal, deps, { token, counting })
}

type Find<Who> = (
  deps: Pick<Deps, 'db' | 'client'>,
  session: { userId: number; sessionId: string; now: Date; spends: Counted | null },
) => Promise<Found<Who> | null>

async function authenticateAs<Who extends User>(
  find: Find<Who>,
  deps: AuthenticateDeps,
  { token, counting }: { token: string; counting: Counting | null },
): Promise<Authenticated<Who> | null> {
  const claims = await verifyAccessToken(deps, token)
  if (!claims) return null
  const bucket = counting && (await makeActBucket(deps, counting, claims))
  const spends = counting && bucket && { limit: counting.limit.name, bucket }
  const found = await find(deps, { ...claims, spends, now: deps.clock() })
  if (found?.who.id !== claims.userId) return null
  if (counting && !found.allowed) throw rateLimitedError(counting.limit, found.secondsToWait)
  return { user: found.who, sessionId: claims.sessionId }
}
