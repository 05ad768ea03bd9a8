import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import type { AppEnv } from './context.ts'

/** Load balancers check these over plain http, without the headers that they add to requests of clients. */
const HEALTH = /^\/(health|ready)\/?$/

/**
 * Refuses plain http if the public URL is https. It does not redirect: a client that has sent its password in
 * the clear has to notice it, and must not go on (ASVS v5.0.0-4.1.2).
 *
 * Cloudflare gives the scheme in the URL. Under Node, TLS ends at a proxy, which names the scheme in
 * `X-Forwarded-Proto`; a client that makes that header up locks out only itself.
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
