import { createMiddleware } from 'hono/factory'
import type { AppEnv } from '../http/context.ts'
import { withMetadata } from '../http/describe-route.ts'

/**
 * Marks a public route. It does nothing to a request; without it or a guard the application does not start.
 */
export function anyone() {
  const middleware = createMiddleware<AppEnv>(function anyone(_c, next) {
    return next()
  })
  return withMetadata(middleware, { access: 'anyone' })
}
