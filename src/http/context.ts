import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import type { AppDeps, Delivery, Deps } from '../deps.ts'
import { toClient } from '../net/client-address.ts'
import { chooseLanguage } from './choose-language.ts'

/** Other methods are strings that a client made up: they are not logged. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The variables of every handler, as `c.var`. A guard adds its own to its type. */
export type AppEnv = {
  Variables: {
    deps: Deps
    requestId: string
    /** The user who made the request, once known; for the log. */
    userId?: number
    /** Whether nothing may tell how long the database took: the answer must be the same for all addresses. */
    hidesDuration?: true
    /** Their session; set with `userId` if a guard let the request pass or refused it a permission. */
    sessionId?: string
  }
  /** Of the platform; only `deps.clientAddress` reads them. */
  Bindings: Record<string, unknown>
}

/** The part of a context that functions called by handlers need, whatever guards added to `c.var`. */
export type RequestContext = Pick<Context<AppEnv>, 'req' | 'header' | 'var'>

/**
 * Makes the hasher of one request.
 *
 * @param site returns the widest network of the client; called only if something is hashed
 */
export type PasswordsOf = (
  deps: Pick<AppDeps, 'passwords' | 'admission'>,
  site: () => string,
) => AppDeps['passwords']

/**
 * Gives each request its id and its deps, each response its `X-Request-Id` and `Server-Timing`, and the log
 * one line. That line has the pattern of the route, never a path, a query, a header or an address.
 *
 * A request id that the client sends is ignored: with it, one client could mix up the log of another. Every
 * response is `no-store` unless its route sets another `Cache-Control` (ASVS v5.0.0-14.3.2).
 *
 * @see https://www.w3.org/TR/server-timing/
 */
export function requestContext({ connect, ...shared }: AppDeps, passwordsOf: PasswordsOf) {
  return createMiddleware<AppEnv>(async function requestContext(c, next) {
    const meter = { roundTrips: 0, milliseconds: 0 }
    const requestId = shared.random.uuid()
    const start = shared.stopwatch()
    let db: Deps['db'] | undefined
    let client: Deps['client'] | undefined
    const deliveries: Delivery[] = []
    c.set('requestId', requestId)
    c.set('deps', {
      ...shared,
      // Opened on first use: many requests never touch the database.
      get db() {
        db ??= connect(meter)
        return db
      },
      get client() {
        client ??= toClient(shared.clientAddress(c.req.raw, c.env), {
          userAgent: c.req.header('User-Agent'),
          language: chooseLanguage(c.req.header('Accept-Language'), shared.config.mailLanguages),
        })
        return client
      },
      deliverLater: (more) => void deliveries.push(...more),
      passwords: passwordsOf(shared, () => c.var.deps.client.site),
    })
    await next()
    const { headers } = c.res
    headers.set('X-Request-Id', requestId)
    const duration = c.var.hidesDuration ? '' : `dur=${meter.milliseconds.toFixed(1)};`
    headers.set('Server-Timing', `db;${duration}desc="${meter.roundTrips} round trips"`)
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
    logRequest(c, { milliseconds: shared.stopwatch() - start, queries: meter.roundTrips })
    if (deliveries.length > 0) keepRunning(c, shared.deliverSoon(c.var.deps, deliveries))
  })
}

function logRequest(
  c: Context<AppEnv>,
  { milliseconds, queries }: { milliseconds: number; queries: number },
): void {
  const route = routePath(c, -1)
  c.var.deps.log({
    event: 'request',
    method: METHODS.includes(c.req.method) ? c.req.method : 'other',
    // If no route matched, the last match is the middleware for every path.
    route: route.endsWith('*') ? null : route,
    status: c.res.status,
    duration_ms: Math.round(milliseconds * 10) / 10,
    queries,
    request_id: c.var.requestId,
    ...(c.var.userId !== undefined && { user_id: c.var.userId }),
  })
}

/**
 * Has the platform wait for work that goes on after the response: Workers, and our entry under Node. Inside
 * of another application there may be nothing that waits; the work goes on for as long as the process does.
 */
function keepRunning(c: Context<AppEnv>, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work)
  } catch {
    work.catch(() => {})
  }
}
