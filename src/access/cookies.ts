import { generateCookie } from 'hono/cookie'
import type { Config } from '../config/parse-config.ts'
import type { RequestContext } from '../http/context.ts'

export type CookieKind = 'access' | 'refresh' | 'device'

/**
 * Sets a cookie that no script can read: `HttpOnly`, for this host alone (`__Host-`), and `Secure`. On
 * plain-http loopback the prefix and `Secure` are left out, since browsers would refuse them. Call it last: a
 * header that was set before an error is sent with the error.
 *
 * `Partitioned` (CHIPS) keeps the cookie apart by the site that embeds the frontend: browsers that refuse
 * third-party cookies take these. Only a partitioned cookie can remove one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2
 */
export function writeCookie(
  c: RequestContext,
  kind: CookieKind,
  { value, maxAge }: { value: string; maxAge: number },
): void {
  const { config } = c.var.deps
  const options = { path: '/', httpOnly: true, maxAge, ...config.cookies }
  c.header('Set-Cookie', generateCookie(cookieName(config, kind), value, options), { append: true })
}

/** All values of a cookie in a request. If there are several, another path or host planted some of them. */
export function cookieValues(c: RequestContext, kind: CookieKind): string[] {
  const start = `${cookieName(c.var.deps.config, kind)}=`
  const pairs = (c.req.header('Cookie') ?? '').split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length))
}

function cookieName({ cookiePrefix }: Pick<Config, 'cookiePrefix'>, kind: CookieKind): string {
  return `${cookiePrefix}${kind}`
}
