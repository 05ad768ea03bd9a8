import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import type { AppDeps, Deps } from '../deps.ts'
import { toClient } from '../net/client-address.ts'

/** A method that a client made up is a text of the client's: it is not logged. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What every handler finds in `c.var`. A guard adds what it establishes to its own type. */
export type AppEnv = {
  Variables: {
    deps: Deps
    requestId: string
    /** Whose request it turned out to be; for the log. */
    userId?: number
    /** By which session; known with the former wherever a guard let somebody through or refused them a permission. */
    sessionId?: string
  }
  /** What the platform passes along; only `deps.clientAddress` looks into it. */
  Bindings: Record<string, unknown>
}

/** What helpers of handlers look into, whatever guards added to `c.var`. */
export type RequestContext = Pick<Context<AppEnv>, 'req' | 'header' | 'var'>

/**
 * The hasher of one request.
 *
 * @param site the network that asks; called when it is needed
 */
export type PasswordsOf = (
  deps: Pick<AppDeps, 'passwords' | 'admission'>,
  site: () => string,
) => AppDeps['passwords']

/**
 * Gives a request its id and its deps, the response its `X-Request-Id` and `Server-Timing`, and the log one line.
 * That line holds the pattern of the route, never a path, a query, a header or an address.
 *
 * A request id that the client sends is not taken over: it would let one client write over the traces of
 * another. Everything is `no-store` unless a route says otherwise (ASVS v5.0.0-14.3.2).
 *
 * @see https://www.w3.org/TR/server-timing/
 */
export function requestContext({ connect, ...shared }: AppDeps, passwordsOf?: PasswordsOf) {
  return createMiddleware<AppEnv>(async function requestContext(c, next) {
    const meter = { roundTrips: 0, milliseconds: 0 }
    const requestId = shared.random.uuid()
    const start = shared.stopwatch()
    let db: Deps['db'] | undefined
    let client: Deps['client'] | undefined
    c.set('requestId', requestId)
    c.set('deps', {
      ...shared,
      // Opened on first use: many requests never touch the database.
      get db() {
        db ??= connect(meter)
        return db
      },
      get client() {
        client ??= toClient(shared.clientAddress(c.req.raw, c.env), c.req.header('User-Agent'))
        return client
      },
      passwords: passwordsOf?.(shared, () => c.var.deps.client.site) ?? shared.passwords,
    })
    await next()
    const { headers } = c.res
    headers.set('X-Request-Id', requestId)
    headers.set(
      'Server-Timing',
      `db;dur=${meter.milliseconds.toFixed(1)};desc="${meter.roundTrips} round trips"`,
    )
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
    logRequest(c, { milliseconds: shared.stopwatch() - start, queries: meter.roundTrips })
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
    // Where no route matched, what did is the middleware for every path.
    route: route.endsWith('*') ? null : route,
    status: c.res.status,
    duration_ms: Math.round(milliseconds * 10) / 10,
    queries,
    request_id: c.var.requestId,
    ...(c.var.userId !== undefined && { user_id: c.var.userId }),
  })
}
