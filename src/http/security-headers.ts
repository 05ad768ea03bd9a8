import { createMiddleware } from 'hono/factory'
import { secureHeaders } from 'hono/secure-headers'
import type { AppEnv } from './context.ts'

const NONE = ["'none'"]

/**
 * Security headers on every response, errors included. The answers of an API are data: in no browser may
 * anything in one run, load, frame or be framed. Pages for people may load their style from this server, the
 * documentation page its scripts too.
 *
 * @param publicUrl if it is https, HSTS is on for two years (ASVS v5.0.0-3.4.1); browsers ignore HSTS over
 *   http
 * @see https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
export function securityHeaders(publicUrl: string) {
  const common = {
    strictTransportSecurity: publicUrl.startsWith('https:') && 'max-age=63072000; includeSubDomains',
    xFrameOptions: 'DENY',
  }
  const closed = { defaultSrc: NONE, baseUri: NONE, formAction: NONE, frameAncestors: NONE, objectSrc: NONE }
  const self = ["'self'"]
  const data = secureHeaders({ ...common, contentSecurityPolicy: { ...closed, sandbox: [] } })
  const documentation = secureHeaders({
    ...common,
    contentSecurityPolicy: {
      ...closed,
      connectSrc: self,
      imgSrc: [...self, 'data:'],
      scriptSrc: self,
      // Swagger UI sets style attributes.
      styleSrc: [...self, "'unsafe-inline'"],
    },
  })
  const pages = secureHeaders({
    ...common,
    // No `sandbox`: it makes the page's origin opaque, and then `Cross-Origin-Resource-Policy: same-origin`
    // blocks the style. These pages have no scripts anyway.
    contentSecurityPolicy: { ...closed, imgSrc: ['data:'], styleSrc: self },
  })
  const mailbox = secureHeaders({
    ...common,
    // Messages have inline styles, and a frame without an address of its own has the policy of its page. This
    // page exists on developers' machines only; no script, image or form of a message does anything in it.
    contentSecurityPolicy: { ...closed, imgSrc: ['data:'], styleSrc: [...self, "'unsafe-inline'"] },
  })
  return createMiddleware<AppEnv>(function securityHeaders(c, next) {
    if (/^\/(problems\/.*)?$/.test(c.req.path)) return pages(c, next)
    if (/^\/dev\/mail\/?$/.test(c.req.path)) return mailbox(c, next)
    return /^\/docs(\/|$)/.test(c.req.path) ? documentation(c, next) : data(c, next)
  })
}
