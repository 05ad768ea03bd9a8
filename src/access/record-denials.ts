import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import { recordDenial } from '../audit/record-denial.ts'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { verifyAccessToken } from '../sessions/access-token.ts'
import { soleCookie } from './session-cookies.ts'

/**
 * Puts on record what was refused to somebody who is signed in: a missing permission, an account that may do more, and
 * a foreign page's request with their cookie. It stands around all routes, so that none can forget it.
 *
 * A refusal costs one statement more, which writes once an hour; the flood limiter bounds how many are sent. If the
 * statement fails, the answer is its error: still a refusal.
 */
export const recordDenials = createMiddleware<AppEnv>(async function recordDenials(c, next) {
  await next()
  // The framework has answered by now: an error is not thrown through middleware.
  if (!(c.error instanceof AppError)) return
  const { code, reason = 'origin' } = c.error
  if (code !== 'forbidden' && code !== 'origin_rejected') return
  const whose = await refusedSession(c)
  if (!whose || !(await isLetThrough(c, whose.userId))) return
  const route = routePath(c, -1).replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')
  await recordDenial(c.var.deps, { ...whose, code, reason, method: c.req.method, route })
})

/** Whom a guard knew, or, where the origin was refused before anything else was looked at, whose cookie it was. */
async function refusedSession(c: Context<AppEnv>): Promise<{ userId: number; sessionId: string } | null> {
  const { userId, sessionId, deps } = c.var
  if (userId !== undefined && sessionId !== undefined) return { userId, sessionId }
  const token = soleCookie(c, 'access')
  return token === null ? null : await verifyAccessToken(deps, token)
}

async function isLetThrough(c: Context<AppEnv>, userId: number): Promise<boolean> {
  const { floodLimiter } = c.var.deps
  if (!floodLimiter) return true
  try {
    return (await floodLimiter.limit({ key: `denied:${userId}` })).success === true
  } catch (cause) {
    throw new AppError('database_unavailable', { cause })
  }
}
