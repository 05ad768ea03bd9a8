import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { withMetadata } from '../http/describe-route.ts'
import type { Counting } from '../limits/make-buckets.ts'
import { type Authenticated, authenticate } from '../sessions/authenticate.ts'
import type { User } from '../sql/users.ts'
import { presentedAccessToken } from './bearer-token.ts'
import { isSafe } from './trusted-origin.ts'

type Options = { per?: Counting['per'] }

/**
 * Lets a request pass that presents a valid access token, whose session is live and whose user is enabled, at
 * the cost of one query. A session that was revoked is refused at once. The handler finds `c.var.user` and
 * `c.var.sessionId`.
 *
 * The same query counts the request for the account if it can change something.
 *
 * @param options.per `session`: a thief with a token of another session can't exhaust the limit of what the
 *   owner does against them
 * @throws AppError `unauthenticated` if no token is presented; `invalid_token` if one is and it is not
 *   accepted, for any reason; `origin_rejected` for a cookie on a foreign page's request; `rate_limited`
 */
export function requireUser({ per = 'account' }: Options = {}) {
  const middleware = createMiddleware<AppEnv & { Variables: Authenticated<User> }>(
    async function requireUser(c, next) {
      const { deps } = c.var
      const counted = isSafe(c.req.method) ? null : { limit: deps.config.limitActAccount, per }
      const found = await authenticate(deps, presentedAccessToken(c), counted)
      if (!found) throw new AppError('invalid_token')
      const { user, sessionId } = found
      c.set('user', user)
      c.set('userId', user.id)
      c.set('sessionId', sessionId)
      await next()
    },
  )
  return withMetadata(middleware, { access: 'user' })
}
