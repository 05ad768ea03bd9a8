import { AppError } from '../errors.ts'
import type { ErrorCode } from '../features.ts'
import type { RequestContext } from '../http/context.ts'
import { cookieToken } from './session-cookies.ts'

/**
 * The token of the `Authorization` header; never one from a query or a body, which end up in logs. Another
 * scheme counts as no token: RFC 6750 section 3.1 wants no error code then.
 *
 * @returns `null` if there is none
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function findBearerToken(c: RequestContext): string | null {
  const match = /^Bearer(?: +(.*))?$/i.exec(c.req.header('Authorization') ?? '')
  return match && (match[1] ?? '')
}

/**
 * The access token of a request: the bearer's, which no page can make a browser send, or else the cookie's.
 *
 * In cookie mode the browser drops the access cookie when its token expires, and sends only the refresh
 * cookie. That visitor is still signed in: the page must refresh, and not show its sign-in form.
 *
 * @param withoutToken the error if nothing is presented
 * @throws AppError `access_token_expired` if only the refresh cookie is there, `withoutToken` if neither
 *   is; `origin_rejected` or `invalid_token` for a cookie that must not be trusted
 */
export function presentedAccessToken(c: RequestContext, withoutToken: ErrorCode = 'unauthenticated'): string {
  const token = findBearerToken(c) ?? cookieToken(c, 'access')
  if (token !== null) return token
  throw new AppError(cookieToken(c, 'refresh') === null ? withoutToken : 'access_token_expired')
}
