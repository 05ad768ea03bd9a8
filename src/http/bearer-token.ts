import type { Context } from 'hono'
import { AppError } from '../errors.ts'

/**
 * The token of the `Authorization` header; never one from a query or a body, which end up in logs. Another
 * scheme is no token: RFC 6750 section 3.1 wants no error code then.
 *
 * @returns `null` when there is none
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function findBearerToken(c: Context): string | null {
  const match = /^Bearer(?: +(.*))?$/i.exec(c.req.header('Authorization') ?? '')
  return match && (match[1] ?? '')
}

/**
 * The same where a token has to be.
 *
 * @throws AppError `unauthenticated`
 */
export function bearerToken(c: Context): string {
  const token = findBearerToken(c)
  if (token === null) throw new AppError('unauthenticated')
  return token
}
