import { AppError } from '../errors.ts'
import type { RequestContext } from '../http/context.ts'
import { cookieToken } from './session-cookies.ts'

/**
 * The token of the `Authorization` header; never one from a query or a body, which end up in logs. Another
 * scheme is no token: RFC 6750 section 3.1 wants no error code then.
 *
 * @returns `null` when there is none
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function findBearerToken(c: RequestContext): string | null {
  const match = /^Bearer(?: +(.*))?$/i.exec(c.req.header('Authorization') ?? '')
  return match && (match[1] ?? '')
}

/**
 * The access token that a request presents: the bearer's, which a page can't make a browser send, or else
 * the cookie's.
 *
 * In cookie mode the browser drops the access cookie when its token expires, and sends the refresh cookie alone:
 * that visitor is signed in still, so a page must learn to refresh rather than to show the sign-in form.
 *
 * @throws AppError `access_token_expired` where the refresh cookie alone is there, `unauthenticated` where nothing
 *   is; `origin_rejected` or `invalid_token` for a cookie that is not to be trusted
 */
export function presentedAccessToken(c: RequestContext): string {
  const token = findBearerToken(c) ?? cookieToken(c, 'access')
  if (token !== null) return token
  throw new AppError(cookieToken(c, 'refresh') === null ? 'unauthenticated' : 'access_token_expired')
}
