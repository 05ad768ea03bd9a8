import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import { type Authenticated, authenticate } from '../sessions/authenticate.ts'
import type { User } from '../users/queries.ts'
import { presentedAccessToken } from './access-token.ts'
import type { AppEnv } from './context.ts'
import { withMetadata } from './describe.ts'

/**
 * Guards a route: a valid access token whose session is live and whose user is enabled, at the cost of one
 * query. A session that was revoked is refused at once. The handler finds `c.var.user` and `c.var.sessionId`.
 *
 * @throws AppError `unauthenticated` when no token is presented, `invalid_token` when one is and it is not
 *   accepted, for whatever reason; `origin_rejected` for a cookie on a foreign page's request
 */
export function requireUser() {
  const middleware = createMiddleware<AppEnv & { Variables: Authenticated<User> }>(
    async function requireUser(c, next) {
      const found = await authenticate(c.var.deps, presentedAccessToken(c))
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
