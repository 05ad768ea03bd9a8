import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import type { AppEnv } from './context.ts'

/** Longer than this is the same for browsers: Chromium caps a preflight's lifetime at two hours. */
const PREFLIGHT_SECONDS = 7200

/**
 * Cross-origin access for exactly the configured origins, compared whole: an origin is never reflected, and
 * one that is not on the list gets no CORS header at all, in preflights too.
 *
 * @param origins serialised origins, e.g. `https://app.example.com`
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function corsAllowlist(origins: readonly string[]) {
  const allowed = new Set(origins)
  const grant = cors({
    origin: [...origins],
    credentials: true,
    allowMethods: ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowHeaders: ['Authorization', 'Content-Type', 'If-None-Match'],
    exposeHeaders: [
      ...['Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'Server-Timing'],
      ...['WWW-Authenticate', 'X-Request-Id'],
    ],
    maxAge: PREFLIGHT_SECONDS,
  })
  return createMiddleware<AppEnv>(async function corsAllowlist(c, next) {
    if (allowed.has(c.req.header('Origin') ?? '')) return grant(c, next)
    await next()
    // Caches must not hand one origin the answer to another.
    c.res.headers.append('Vary', 'Origin')
    return undefined
  })
}
