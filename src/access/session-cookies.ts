import { AppError } from '../errors.ts'
import type { RequestContext } from '../http/context.ts'
import type { TokenPair } from '../sessions/issue-tokens.ts'
import { cookieValues, writeCookie } from './cookies.ts'
import { assertTrustedOrigin } from './trusted-origin.ts'

const KINDS = ['access', 'refresh'] as const
type Kind = (typeof KINDS)[number]

/**
 * A browser counts from when the answer arrives, the token from when it was made. Were both as long, every page that
 * asks often would send an expired token for as long as that answer travelled, and read `invalid_token` instead of
 * `access_token_expired`.
 */
const ACCESS_COOKIE_LEAD_SECONDS = 5

/** Puts both tokens into cookies that no script can read. To be called last. */
export function setSessionCookies(c: RequestContext, pair: TokenPair): void {
  const maxAge = pair.expiresInSeconds - ACCESS_COOKIE_LEAD_SECONDS
  writeCookie(c, 'access', { value: pair.accessToken, maxAge })
  writeCookie(c, 'refresh', { value: pair.refreshToken, maxAge: pair.refreshExpiresInSeconds })
}

/** Removes the cookies that a trusted request presents; without any there is nothing to remove. */
export function clearSessionCookies(c: RequestContext): void {
  if (!hasSessionCookies(c)) return
  for (const kind of KINDS) writeCookie(c, kind, { value: '', maxAge: 0 })
}

/** Whether a request presents a session by cookie, whatever is in it. */
export function hasSessionCookies(c: RequestContext): boolean {
  return KINDS.some((kind) => cookieValues(c, kind).length > 0)
}

/**
 * A token from its cookie, on a request whose origin is trusted if it can change anything.
 *
 * @returns `null` when there is no such cookie
 * @throws AppError `origin_rejected`; or `invalid_token` when the name is there twice: one of the two was
 *   planted from another path or host, and which is ours can't be told
 */
export function cookieToken(c: RequestContext, kind: Kind): string | null {
  const [value, another] = cookieValues(c, kind)
  if (value === undefined) return null
  assertTrustedOrigin(c)
  if (another !== undefined) throw new AppError('invalid_token')
  return value
}

/** A cookie's value where the name is there once; for signing out, which is never an error. */
export function soleCookie(c: RequestContext, kind: Kind): string | null {
  const [value, another] = cookieValues(c, kind)
  return value === undefined || another !== undefined ? null : value
}
