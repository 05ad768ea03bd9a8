import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import { authenticate } from '../sessions/authenticate.ts'
import type { User } from '../users/queries.ts'
import type { AppEnv } from './context.ts'
import { withMetadata } from './describe.ts'

/**
 * Guards a route: a valid access token whose user exists and is enabled, at the cost of one query. The
 * handler finds the user, as stored now, in `c.var.user`.
 *
 * @throws AppError `unauthenticated` when no bearer token is presented, `invalid_token` when one is and it
 *   is not accepted, for whatever reason
 */
export function requireUser() {
  const middleware = createMiddleware<AppEnv & { Variables: { user: User } }>(
    async function requireUser(c, next) {
      const user = await authenticate(c.var.deps, bearerToken(c))
      if (!user) throw new AppError('invalid_token')
      c.set('user', user)
      await next()
    },
  )
  return withMetadata(middleware, { guard: 'user' })
}

/**
 * The token of the `Authorization` header; never one from a query or a body, which end up in logs.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
function bearerToken(c: Context): string {
  const [, token] = /^Bearer(?: +(.*))?$/i.exec(c.req.header('Authorization') ?? '') ?? [null, null]
  // Another scheme is no token: RFC 6750 section 3.1 wants no error code then.
  if (token === null) throw new AppError('unauthenticated')
  return token ?? ''
}
