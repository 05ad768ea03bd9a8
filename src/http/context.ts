import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { AppDeps, Deps } from '../deps.ts'

/** What every handler finds in `c.var`. A guard adds what it establishes to its own type. */
export type AppEnv = {
  Variables: { deps: Deps; requestId: string }
  /** What the platform passes along; only `deps.clientAddress` looks into it. */
  Bindings: Record<string, unknown>
}

/** What helpers of handlers look into, whatever guards added to `c.var`. */
export type RequestContext = Pick<Context<AppEnv>, 'req' | 'header' | 'var'>

/**
 * Gives a request its id and its deps, and the response its `X-Request-Id` and `Server-Timing`.
 *
 * A request id that the client sends is not taken over: it would let one client write over the traces of
 * another. Everything is `no-store` unless a route says otherwise (ASVS v5.0.0-14.3.2).
 *
 * @see https://www.w3.org/TR/server-timing/
 */
export function requestContext({ connect, ...shared }: AppDeps) {
  return createMiddleware<AppEnv>(async function requestContext(c, next) {
    const meter = { roundTrips: 0, milliseconds: 0 }
    const requestId = shared.random.uuid()
    let db: Deps['db'] | undefined
    c.set('requestId', requestId)
    c.set('deps', {
      ...shared,
      // Opened on first use: many requests never touch the database.
      get db() {
        db ??= connect(meter)
        return db
      },
    })
    await next()
    const { headers } = c.res
    headers.set('X-Request-Id', requestId)
    headers.set(
      'Server-Timing',
      `db;dur=${meter.milliseconds.toFixed(1)};desc="${meter.roundTrips} round trips"`,
    )
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
  })
}
