import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { withMetadata } from '../http/describe-route.ts'
import { type AccessClaims, verifyAccessToken } from '../sessions/verify-access-token.ts'
import { presentedAccessToken } from './bearer-token.ts'

/**
 * Lets a request pass that presents a valid access token: it checks signature and claims, without any query.
 * A session that was revoked is accepted until its access token expires, so use it only for
 * routes that may lag behind by that long. The handler finds the claims in `c.var.token`.
 *
 * @throws AppError `unauthenticated` or `invalid_token`, as `requireUser`
 */
export function requireToken() {
  const middleware = createMiddleware<AppEnv & { Variables: { token: AccessClaims } }>(
    async function requireToken(c, next) {
      const token = await verifyAccessToken(c.var.deps, presentedAccessToken(c))
      if (!token) throw new AppError('invalid_token')
      c.set('token', token)
      c.set('userId', token.userId)
      await next()
    },
  )
  return withMetadata(middleware, { access: 'token' })
}
