import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { withMetadata } from '../http/describe-route.ts'
import type { AccountLimitName } from '../limits/buckets.ts'
import { type Authenticated, authenticate } from '../sessions/authenticate.ts'
import type { User } from '../sql/users.ts'
import { presentedAccessToken } from './bearer-token.ts'
import { isSafe } from './trusted-origin.ts'

/**
 * Guards a route: a valid access token whose session is live and whose user is enabled, at the cost of one
 * query. A session that was revoked is refused at once. The handler finds `c.var.user` and `c.var.sessionId`.
 *
 * A request that can change something is counted for the account in the same query.
 *
 * @param options.limit which of the account's limits; by default that of all acts
 * @throws AppError `unauthenticated` when no token is presented, `invalid_token` when one is and it is not
 *   accepted, for whatever reason; `origin_rejected` for a cookie on a foreign page's request; `rate_limited`
 */
export function requireUser({ limit = 'act' }: { limit?: AccountLimitName } = {}) {
  const middleware = createMiddleware<AppEnv & { Variables: Authenticated<User> }>(
    async function requireUser(c, next) {
      const counted = isSafe(c.req.method) ? null : limit
      const found = await authenticate(c.var.deps, presentedAccessToken(c), counted)
      if (!found) throw new AppError('invalid_token')
      const { user, sessionId } = found
      c.set('user', user)
      c.set('userId', user.id)
      c.set('sessionId', sessionId)
      await next()
    },
  )
  return withMetadata(middleware, { guard: 'user' })
}
