import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import type { Config } from '../config/parse-config.ts'
import type { AppEnv } from '../http/context.ts'
import { isAllowedOrigin } from './allowed-origin.ts'
import { createOriginReport } from './report-origin.ts'

/** Browsers cap a preflight's lifetime: Chromium at two hours. */
const PREFLIGHT_SECONDS = 7200

const OWN_HEADERS = ['Authorization', 'Content-Type', 'If-None-Match', 'X-Requested-With']

/** W3C Trace Context and Baggage; Sentry. */
const TRACING_HEADERS = ['traceparent', 'tracestate', 'baggage', 'sentry-trace']

const EXPOSED_HEADERS = [
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Server-Timing',
  'WWW-Authenticate',
  'X-Request-Id',
]

/**
 * Cross-origin access for the origins of `isAllowedOrigin`. Any other one gets no CORS header, in preflights
 * neither, and is reported in the log. Allowed pages may send the headers of this API, and those that tracing
 * tools add to every request: they have no effect here, but a preflight that refused them would break the
 * page.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function corsAllowlist(config: Pick<Config, 'publicUrl' | 'corsOrigins'>) {
  const report = createOriginReport()
  const grant = cors({
    origin: (origin) => (isAllowedOrigin(config, origin) ? origin : null),
    credentials: true,
    allowMethods: ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowHeaders: [...OWN_HEADERS, ...TRACING_HEADERS],
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
  })
  return createMiddleware<AppEnv>(async function corsAllowlist(c, next) {
    const origin = c.req.header('Origin')
    if (origin !== undefined && isAllowedOrigin(config, origin)) return grant(c, next)
    await next()
    // So that caches don't answer one origin with the response for another.
    c.res.headers.append('Vary', 'Origin')
    const { log, stopwatch } = c.var.deps
    if (origin !== undefined && origin !== config.publicUrl) report(origin, { now: stopwatch(), log })
    return undefined
  })
}
