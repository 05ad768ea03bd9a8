import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import type { ErrorCode, Permission } from '../features.ts'
import type { AppEnv } from '../http/context.ts'
import { withMetadata } from '../http/describe-route.ts'
import { type Authenticated, authenticateWithPermissions } from '../sessions/authenticate.ts'
import type { Actor } from '../sql/authority.ts'
import type { Principal } from '../sql/users.ts'
import { presentedAccessToken } from './bearer-token.ts'
import { isSafe } from './trusted-origin.ts'

type Options = {
  /** The error if nothing is presented, in place of `unauthenticated`. */
  withoutToken?: ErrorCode
}

/**
 * Lets a request pass that `requireUser` would let pass and whose user has a role with the permission, at the
 * cost of the same one query. The roles and permissions in the token are ignored: a user who was demoted is
 * refused at once. The handler finds `c.var.user` with its permissions, `c.var.sessionId` and, for the
 * statement that acts, `c.var.actor`.
 *
 * @throws AppError `forbidden` without the permission; as `requireUser`
 */
export function requirePermission(permission: Permission, { withoutToken }: Options = {}) {
  type Variables = Authenticated<Principal> & { actor: Actor }
  const middleware = createMiddleware<AppEnv & { Variables: Variables }>(
    async function requirePermission(c, next) {
      const { deps } = c.var
      const counted = isSafe(c.req.method)
        ? null
        : ({ limit: deps.config.limitActAccount, per: 'account' } as const)
      const found = await authenticateWithPermissions(deps, presentedAccessToken(c, withoutToken), counted)
      if (!found) throw new AppError('invalid_token')
      const { user, sessionId } = found
      c.set('userId', user.id)
      c.set('sessionId', sessionId)
      if (!user.permissions.includes(permission)) throw forbiddenError(permission)
      c.set('user', user)
      c.set('actor', { userId: user.id, sessionId, permission })
      await next()
    },
  )
  return withMetadata(middleware, { access: 'user', permission })
}

function forbiddenError(permission: Permission): AppError {
  return new AppError('forbidden', {
    reason: 'permission',
    detail: `The permission ${permission} is needed.`,
  })
}
