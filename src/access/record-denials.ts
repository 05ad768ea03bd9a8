import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import { recordDenial } from '../audit/record-denial.ts'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { verifyAccessToken } from '../sessions/verify-access-token.ts'
import { soleCookie } from './session-cookies.ts'

/**
 * Records refusals to signed-in users: a permission is missing, the account acted on may do more, or a
 * foreign page sent the request with their cookie. It wraps all routes, so that none can forget it.
 *
 * A refusal costs one more statement, which writes once an hour; the flood limiter bounds how many are sent.
 * If the statement fails, the client gets its error: still a refusal.
 */
export const recordDenials = createMiddleware<AppEnv>(async function recordDenials(c, next) {
  await next()
  // By now the framework has made a response of the error: it does not throw through middleware.
  if (!(c.error instanceof AppError)) return
  const { code, reason = 'origin' } = c.error
  if (code !== 'forbidden' && code !== 'origin_rejected') return
  const whose = await refusedSession(c)
  if (!whose || !(await isLetThrough(c, whose.userId))) return
  const route = routePath(c, -1).replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')
  await recordDenial(c.var.deps, { ...whose, code, reason, method: c.req.method, route })
})

/** The user whom a guard identified; if the origin was refused before any guard, the user of the cookie. */
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
