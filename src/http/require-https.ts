import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import type { AppEnv } from './context.ts'

/** What load balancers ask over plain http, and without the headers that they add to the requests of clients. */
const HEALTH = /^\/(health|ready)\/?$/

/**
 * Refuses plain http where the public URL is https. It is no redirect: a client that sent its password in the
 * clear once has to notice, not to go on doing it (ASVS v5.0.0-4.1.2).
 *
 * Cloudflare gives the scheme in the URL. Under Node TLS ends at a proxy, which says in `X-Forwarded-Proto`
 * what it took; a client that makes that header up locks out nobody but itself.
 *
 * @throws AppError `https_required`
 */
export function requireHttps(publicUrl: string) {
  const isRequired = publicUrl.startsWith('https:')
  return createMiddleware<AppEnv>(async function requireHttps(c, next) {
    const isExempt = HEALTH.test(c.req.path)
    if (isRequired && !isExempt && c.var.deps.isPlainHttp(c.req.raw)) throw new AppError('https_required')
    await next()
  })
}
