import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import { authenticate } from '../sessions/authenticate.ts'
import type { User } from '../users/queries.ts'
import { presentedAccessToken } from './access-token.ts'
import type { AppEnv } from './context.ts'
import { withMetadata } from './describe.ts'

type SignedIn = {
  /** As stored now. */
  user: User
  sessionId: string
}

/**
 * Guards a route: a valid access token whose session is live and whose user is enabled, at the cost of one
 * query. A session that was revoked is refused at once. The handler finds `c.var.user` and `c.var.sessionId`.
 *
 * @throws AppError `unauthenticated` when no token is presented, `invalid_token` when one is and it is not
 *   accepted, for whatever reason; `origin_rejected` for a cookie on a foreign page's request
 */
export function requireUser() {
  const middleware = createMiddleware<AppEnv & { Variables: SignedIn }>(async function requireUser(c, next) {
    const signedIn = await authenticate(c.var.deps, presentedAccessToken(c))
    if (!signedIn) throw new AppError('invalid_token')
    c.set('user', signedIn.user)
    c.set('userId', signedIn.user.id)
    c.set('sessionId', signedIn.sessionId)
    await next()
  })
  return withMetadata(middleware, { guard: 'user' })
}
