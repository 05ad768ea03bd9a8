import { generateCookie } from 'hono/cookie'
import { AppError } from '../errors.ts'
import type { TokenPair } from '../sessions/issue-tokens.ts'
import type { RequestContext } from './context.ts'
import { assertTrustedOrigin } from './trusted-origin.ts'

type Kind = 'access' | 'refresh'
const KINDS: readonly Kind[] = ['access', 'refresh']

/**
 * Puts both tokens into cookies that no script can read: `HttpOnly`, for the whole host and no other
 * (`__Host-`), and `Secure`. On plain-http loopback the prefix and `Secure` are left out, as browsers would
 * refuse them. To be called last: a header that was set survives into an error.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2
 */
export function setSessionCookies(c: RequestContext, pair: TokenPair): void {
  write(c, 'access', { value: pair.accessToken, maxAge: pair.expiresInSeconds })
  write(c, 'refresh', { value: pair.refreshToken, maxAge: pair.refreshExpiresInSeconds })
}

/** Removes the cookies that a trusted request presents; without any there is nothing to remove. */
export function clearSessionCookies(c: RequestContext): void {
  if (!hasSessionCookies(c)) return
  for (const kind of KINDS) write(c, kind, { value: '', maxAge: 0 })
}

/** Whether a request presents a session by cookie, whatever is in it. */
export function hasSessionCookies(c: RequestContext): boolean {
  return KINDS.some((kind) => values(c, kind).length > 0)
}

/**
 * A token from its cookie, on a request whose origin is trusted if it can change anything.
 *
 * @returns `null` when there is no such cookie
 * @throws AppError `origin_rejected`; or `invalid_token` when the name is there twice: one of the two was
 *   planted from another path or host, and which is ours can't be told
 */
export function cookieToken(c: RequestContext, kind: Kind): string | null {
  const [value, another] = values(c, kind)
  if (value === undefined) return null
  assertTrustedOrigin(c)
  if (another !== undefined) throw new AppError('invalid_token')
  return value
}

/** A cookie's value where the name is there once; for signing out, which is never an error. */
export function soleCookie(c: RequestContext, kind: Kind): string | null {
  const [value, another] = values(c, kind)
  return value === undefined || another !== undefined ? null : value
}

function write(c: RequestContext, kind: Kind, { value, maxAge }: { value: string; maxAge: number }): void {
  const { secure, sameSite } = c.var.deps.config.cookies
  const cookie = generateCookie(cookieName(c, kind), value, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite,
    maxAge,
  })
  c.header('Set-Cookie', cookie, { append: true })
}

function values(c: RequestContext, kind: Kind): string[] {
  const start = `${cookieName(c, kind)}=`
  const pairs = (c.req.header('Cookie') ?? '').split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length))
}

function cookieName(c: RequestContext, kind: Kind): string {
  return `${c.var.deps.config.cookies.secure ? '__Host-' : ''}lumascope_${kind}`
}
