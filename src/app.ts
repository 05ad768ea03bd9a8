import { Hono } from 'hono'
import type { ExtractSchema } from 'hono/types'
import { corsAllowlist } from './access/cors-allowlist.ts'
import { recordDenials } from './access/record-denials.ts'
import { addressRoutes } from './addresses/routes.ts'
import {
  administrationRoutes,
  creationRoutes,
  listRoutes,
  userChangeRoutes,
} from './administration/routes.ts'
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
import { mailboxRoutes } from './mail/routes.ts'
import { checkDeadline } from './operations/check-deadline.ts'
import { serviceRoutes } from './operations/routes.ts'
import { deliverDue } from './outbox/deliver-due.ts'
import { admitHashing } from './passwords/admit-hashing.ts'
import { passwordRoutes, signInRoutes } from './passwords/routes.ts'
import { watchGuessing } from './passwords/watch-guessing.ts'
import { roleRoutes } from './roles/routes.ts'
import type { Jobs } from './schedule/run-scheduled.ts'
import { ownSessionRoutes, sessionRoutes } from './sessions/routes.ts'
import type { AccountFields } from './users/feature.ts'
import { accountRoutes, profileRoutes, registrationRoutes } from './users/routes.ts'

type Registration = Config['registration']

/** The settings that `createRoutes` builds routes for. */
type RouteSettings<F extends AccountFields = AccountFields, R extends Registration = Registration> = {
  accountFields: F
  registration: R
}

/** The schema of `POST /users`, by `REGISTRATION`. */
type CreatingUsers<F extends AccountFields> = {
  open: ExtractSchema<ReturnType<typeof registrationRoutes<F>>>
  closed: ExtractSchema<ReturnType<typeof creationRoutes<F>>>
}

/** All routes of the API, without the middleware around them. */
export function createRoutes<F extends AccountFields, R extends Registration>(settings: RouteSettings<F, R>) {
  const { accountFields: fields, registration } = settings
  const creatingUsers = registration === 'open' ? registrationRoutes(fields) : creationRoutes(fields)
  const signingIn = signInRoutes(fields)
  return new Hono<AppEnv>()
    .route('/', serviceRoutes)
    .route('/', creatingUsers as Hono<AppEnv, CreatingUsers<F>[R]>)
    .route('/', signingIn)
    .route('/', accountRoutes)
    .route('/', profileRoutes(fields))
    .route('/', passwordRoutes)
    .route('/', addressRoutes)
    .route('/', listRoutes(fields))
    .route('/', administrationRoutes)
    .route('/', userChangeRoutes(fields))
    .route('/', roleRoutes)
    .route('/', auditRoutes)
    .route('/', ownSessionRoutes)
    .route('/', sessionRoutes)
    .route('/auth', signingIn)
    .route('/auth', sessionRoutes)
}

/** The jobs of the schedule, by their names in the log. */
export const jobs: Jobs = {
  hourly: { guessing: watchGuessing, deadline: checkDeadline },
  frequent: { outbox: (deps) => deliverDue(deps) },
}

/**
 * Builds the application: a Hono app that runs on any runtime with the web platform's APIs.
 *
 * @throws Error if a route does not begin with one of `anyone`, `requireToken`, `requireUser` and
 *   `requirePermission`
 */
export function createApp<F extends AccountFields = DefaultFields, R extends Registration = 'open'>(
  deps: AppDeps,
) {
  const { publicUrl } = deps.config
  const app = new Hono<AppEnv>({ getPath: literalPath })
    .use(requestContext(deps, admitHashing))
    .use(securityHeaders(publicUrl))
    .use(requireHttps(publicUrl))
    .use(corsAllowlist(deps.config))
    .use(readBody())
    .use(recordDenials)
    .use(throwErrorsOnly)
    .route('/', createRoutes(deps.config as RouteSettings as RouteSettings<F, R>))
  if (deps.mailing.isMailbox) app.route('/', mailboxRoutes)
  app.onError(handleError)
  app.notFound(handleNotFound(app))
  assertEveryRouteIsMarked(app.routes)
  return app
}

/** The fields of `ACCOUNT_FIELDS` by default. */
type DefaultFields = { username: 'required'; full_name: 'required' }

/**
 * For typed clients: `hc<AppType>(url)`. Of a deployment with other `ACCOUNT_FIELDS` or closed registration,
 * say so: `hc<AppType<{ username: 'absent'; full_name: 'optional' }, 'closed'>>(url)`.
 */
export type AppType<F extends AccountFields = DefaultFields, R extends Registration = 'open'> = ReturnType<
  typeof createApp<F, R>
>
