import { createMiddleware } from 'hono/factory'
import type { FloodLimiter } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { AppEnv, RequestContext } from '../http/context.ts'
import { withMetadata } from '../http/describe-route.ts'
import { rateLimitedError } from '../limits/rate-limited-error.ts'
import { findBearerToken } from './bearer-token.ts'
import { findDevice } from './device-cookie.ts'
import { isForeign } from './trusted-origin.ts'

/**
 * The first defence of routes that hash: refuses floods from one address before any query, and everybody
 * while more hashes are waiting than can be made in time. Mount it after validation, which costs next to
 * nothing: malformed requests are not counted.
 *
 * Requests that a browser declares foreign are refused and not counted: a page in another tab could use up
 * its visitor's limit. A known device has a limit of its own, so that neighbours behind the same address
 * can't use it up.
 *
 * On Workers it counts per location, by the configuration at Cloudflare. It bounds what refused attempts
 * cost; the limits that must be exact are in the database.
 *
 * @param purpose each has its own limits: a flood of one keeps no neighbour from the others
 * @throws AppError `origin_rejected`; `rate_limited`; `overloaded`; `database_unavailable` if the limiter
 *   itself fails: it never lets requests pass unlimited
 */
export function limitFloods(purpose: 'register' | 'sign_in' | 'confirm' | 'reset' | 'verify') {
  const middleware = createMiddleware<AppEnv>(async function limitFloods(c, next) {
    const { floodLimiter, config, admission, client } = c.var.deps
    if (findBearerToken(c) === null && isForeign(c)) throw new AppError('origin_rejected')
    if (floodLimiter) {
      const { success, retryAfterSeconds } = await ask(floodLimiter, `${purpose}:${await whose(c)}`)
      const limit = config.limitFloodAddress
      if (success !== true) throw rateLimitedError(limit, retryAfterSeconds ?? limit.seconds)
    }
    admission.assertRoom(client.site)
    await next()
  })
  return withMetadata(middleware, { limited: true })
}

async function whose(c: RequestContext): Promise<string> {
  const device = await findDevice(c)
  return device ? `device:${device.deviceId}` : c.var.deps.client.network
}

async function ask(floodLimiter: FloodLimiter, key: string): ReturnType<FloodLimiter['limit']> {
  try {
    const { success, retryAfterSeconds } = await floodLimiter.limit({ key })
    return { success, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
  } catch (cause) {
    throw new AppError('database_unavailable', { cause })
  }
}
