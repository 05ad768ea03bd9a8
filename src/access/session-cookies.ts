import { AppError } from '../errors.ts'
import type { RequestContext } from '../http/context.ts'
import type { TokenPair } from '../sessions/issue-tokens.ts'
import { cookieValues, writeCookie } from './cookies.ts'
import { assertTrustedOrigin } from './trusted-origin.ts'

const KINDS = ['access', 'refresh'] as const
type Kind = (typeof KINDS)[number]

/**
 * Browsers count `Max-Age` from when the answer arrives, the token's lifetime begins when it is made. If both
 * were the same, a page that asks often would send an expired token for as long as that answer took, and get
 * `invalid_token` instead of `access_token_expired`.
 */
const ACCESS_COOKIE_LEAD_SECONDS = 5

/** Puts both tokens into cookies that no script can read. Call it last. */
export function setSessionCookies(c: RequestContext, pair: TokenPair): void {
  const maxAge = pair.expiresInSeconds - ACCESS_COOKIE_LEAD_SECONDS
  writeCookie(c, 'access', { value: pair.accessToken, maxAge })
  writeCookie(c, 'refresh', { value: pair.refreshToken, maxAge: pair.refreshExpiresInSeconds })
}

/** Removes the session cookies that a trusted request has; without any there is nothing to remove. */
export function clearSessionCookies(c: RequestContext): void {
  if (!hasSessionCookies(c)) return
  for (const kind of KINDS) writeCookie(c, kind, { value: '', maxAge: 0 })
}

/** Whether a request has a session cookie, whatever is in it. */
export function hasSessionCookies(c: RequestContext): boolean {
  return KINDS.some((kind) => cookieValues(c, kind).length > 0)
}

/**
 * A token from its cookie. If the request can change anything, its origin must be trusted.
 *
 * @returns `null` if there is no such cookie
 * @throws AppError `origin_rejected`; `invalid_token` if there are two of the name: another path or host
 *   planted one, and nobody can tell which
 */
export function cookieToken(c: RequestContext, kind: Kind): string | null {
  const [value, another] = cookieValues(c, kind)
  if (value === undefined) return null
  assertTrustedOrigin(c)
  if (another !== undefined) throw new AppError('invalid_token')
  return value
}

/** A cookie's value if the name is there once; for signing out, which never fails. */
export function soleCookie(c: RequestContext, kind: Kind): string | null {
  const [value, another] = cookieValues(c, kind)
  return value === undefined || another !== undefined ? null : value
}
