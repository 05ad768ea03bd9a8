import { AppError } from '../errors.ts'
import type { RequestContext } from '../http/context.ts'
import { isAllowedOrigin } from './allowed-origin.ts'

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** Whether a request with this method changes nothing (RFC 9110 section 9.2.1). */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.includes(method)
}

/**
 * Whether a request comes from a page that may act for its visitor. Browsers attach cookies to the requests
 * of any page, so a request that can change something must come from this server or an allowed origin,
 * whatever its content type. A browser that sends no `Origin` says `same-origin` in `Sec-Fetch-Site`; a
 * request with neither is refused.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function isTrustedOrigin(c: RequestContext): boolean {
  if (isSafe(c.req.method)) return true
  const { config } = c.var.deps
  const origin = c.req.header('Origin')
  if (origin === undefined) return c.req.header('Sec-Fetch-Site') === 'same-origin'
  return origin === config.publicUrl || isAllowedOrigin(config, origin)
}

/** @throws AppError `origin_rejected` */
export function assertTrustedOrigin(c: RequestContext): void {
  if (!isTrustedOrigin(c)) throw new AppError('origin_rejected')
}

/**
 * Whether a browser says that a page sent this which may not act for its visitor. Other clients say nothing.
 */
export function isForeign(c: RequestContext): boolean {
  const isSaid = c.req.header('Origin') !== undefined || c.req.header('Sec-Fetch-Site') !== undefined
  return isSaid && !isTrustedOrigin(c)
}
