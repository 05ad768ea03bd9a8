import { Hono } from 'hono'
import { corsAllowlist } from './access/cors-allowlist.ts'
import { recordDenials } from './access/record-denials.ts'
import { administrationRoutes } from './administration/routes.ts'
import { auditRoutes } from './audit/routes.ts'
import type { AppDeps } from './deps.ts'
import { type AppEnv, requestContext } from './http/context.ts'
import { assertEveryRouteIsMarked } from './http/describe-route.ts'
import { handleError, handleNotFound, throwErrorsOnly } from './http/handle-error.ts'
import { literalPath } from './http/literal-path.ts'
import { readBody } from './http/read-body.ts'
import { requireHttps } from './http/require-https.ts'
import { securityHeaders } from './http/security-headers.ts'
import { checkDeadline } from './operations/check-deadline.ts'
import { serviceRoutes } from './operations/routes.ts'
import { admitHashing } from './passwords/admit-hashing.ts'
import { passwordRoutes, signInRoutes } from './passwords/routes.ts'
import { watchGuessing } from './passwords/watch-guessing.ts'
import { roleRoutes } from './roles/routes.ts'
import type { Jobs } from './schedule/run-scheduled.ts'
import { ownSessionRoutes, sessionRoutes } from './sessions/routes.ts'
import { userRoutes } from './users/routes.ts'

/** All routes of the API, without the middleware around them. */
export const routes = new Hono<AppEnv>()
  .route('/', serviceRoutes)
  .route('/', userRoutes)
  .route('/', passwordRoutes)
  .route('/', administrationRoutes)
  .route('/', roleRoutes)
  .route('/', auditRoutes)
  .route('/', ownSessionRoutes)
  .route('/', signInRoutes)
  .route('/', sessionRoutes)
  .route('/auth', signInRoutes)
  .route('/auth', sessionRoutes)

/** The jobs that run every hour after the purges, by their names in the log. */
export const jobs: Jobs = { guessing: watchGuessing, deadline: checkDeadline }

/**
 * Builds the application: a Hono app that runs on any runtime with the web platform's APIs.
 *
 * @throws Error if a route does not begin with one of `anyone`, `requireToken`, `requireUser` and
 *   `requirePermission`
 */
export function createApp(deps: AppDeps) {
  const { publicUrl } = deps.config
  const app = new Hono<AppEnv>({ getPath: literalPath })
    .use(requestContext(deps, admitHashing))
    .use(securityHeaders(publicUrl))
    .use(requireHttps(publicUrl))
    .use(corsAllowlist(deps.config))
    .use(readBody())
    .use(recordDenials)
    .use(throwErrorsOnly)
    .route('/', routes)
  app.onError(handleError)
  app.notFound(handleNotFound(app))
  assertEveryRouteIsMarked(app.routes)
  return app
}

/** For typed clients: `hc<AppType>(url)`. */
export type AppType = ReturnType<typeof createApp>
