import { Hono } from 'hono'
import { corsAllowlist } from './access/cors-allowlist.ts'
import { recordDenials } from './access/record-denials.ts'
import { administrationRoutes, creationRoutes, userChangeRoutes } from './administration/routes.ts'
import { auditRoutes } from './audit/routes.ts'
import type { Config } from './config/parse-config.ts'
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
import type { AccountFields } from './users/feature.ts'
import { accountRoutes, profileRoutes, registrationRoutes } from './users/routes.ts'

/** What the routes of a deployment depend on. */
export type RouteSettings<F extends AccountFields = AccountFields> = {
  accountFields: F
  registration: Config['registration']
}

/** All routes of the API, without the middleware around them. */
export function createRoutes<F extends AccountFields>({ accountFields, registration }: RouteSettings<F>) {
  const registering = registrationRoutes(accountFields)
  const signingIn = signInRoutes(accountFields)
  return (
    new Hono<AppEnv>()
      .route('/', serviceRoutes)
      // In the types, `POST /users` is what people call. What administrators call in its place is not.
      .route(
        '/',
        registration === 'open' ? registering : (creationRoutes(accountFields) as typeof registering),
      )
      .route('/', accountRoutes)
      .route('/', profileRoutes(accountFields))
      .route('/', passwordRoutes)
      .route('/', administrationRoutes)
      .route('/', userChangeRoutes(accountFields))
      .route('/', roleRoutes)
      .route('/', auditRoutes)
      .route('/', ownSessionRoutes)
      .route('/', signingIn)
      .route('/', sessionRoutes)
      .route('/auth', signingIn)
      .route('/auth', sessionRoutes)
  )
}

/** The jobs that run every hour after the purges, by their names in the log. */
export const jobs: Jobs = { guessing: watchGuessing, deadline: checkDeadline }

/**
 * Builds the application: a Hono app that runs on any runtime with the web platform's APIs.
 *
 * @throws Error if a route does not begin with one of `anyone`, `requireToken`, `requireUser` and
 *   `requirePermission`
 */
export function createApp<F extends AccountFields = DefaultFields>(deps: AppDeps) {
  const { publicUrl } = deps.config
  const app = new Hono<AppEnv>({ getPath: literalPath })
    .use(requestContext(deps, admitHashing))
    .use(securityHeaders(publicUrl))
    .use(requireHttps(publicUrl))
    .use(corsAllowlist(deps.config))
    .use(readBody())
    .use(recordDenials)
    .use(throwErrorsOnly)
    .route('/', createRoutes<F>(deps.config as RouteSettings as RouteSettings<F>))
  app.onError(handleError)
  app.notFound(handleNotFound(app))
  assertEveryRouteIsMarked(app.routes)
  return app
}

/** The fields of `ACCOUNT_FIELDS` by default. */
type DefaultFields = { username: 'required'; full_name: 'required' }

/**
 * For typed clients: `hc<AppType>(url)`. Of a deployment with other `ACCOUNT_FIELDS`, say which:
 * `hc<AppType<{ username: 'absent'; full_name: 'optional' }>>(url)`.
 */
export type AppType<F extends AccountFields = DefaultFields> = ReturnType<typeof createApp<F>>
