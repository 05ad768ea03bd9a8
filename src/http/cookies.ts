import { generateCookie } from 'hono/cookie'
import type { RequestContext } from './context.ts'

export type CookieKind = 'access' | 'refresh' | 'device'

/**
 * Sets a cookie that no script can read: `HttpOnly`, for the whole host and no other (`__Host-`), and `Secure`.
 * On plain-http loopback the prefix and `Secure` are left out, as browsers would refuse them. To be called last:
 * a header that was set survives into an error.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2
 */
export function writeCookie(
  c: RequestContext,
  kind: CookieKind,
  { value, maxAge }: { value: string; maxAge: number },
): void {
  const { secure, sameSite } = c.var.deps.config.cookies
  const options = { path: '/', httpOnly: true, secure, sameSite, maxAge }
  c.header('Set-Cookie', generateCookie(cookieName(c, kind), value, options), { append: true })
}

/** All values that a request has for a cookie. More than one: some were planted from another path or host. */
export function cookieValues(c: RequestContext, kind: CookieKind): string[] {
  const start = `${cookieName(c, kind)}=`
  const pairs = (c.req.header('Cookie') ?? '').split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length))
}

function cookieName(c: RequestContext, kind: CookieKind): string {
  return `${c.var.deps.config.cookies.secure ? '__Host-' : ''}lumascope_${kind}`
}
