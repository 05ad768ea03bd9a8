import { createMiddleware } from 'hono/factory'
import type { FloodLimiter } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { AppEnv, RequestContext } from '../http/context.ts'
import { withMetadata } from '../http/describe-route.ts'
import { rateLimited } from '../limits/buckets.ts'
import { findBearerToken } from './bearer-token.ts'
import { findDevice } from './device-cookie.ts'
import { isForeign } from './trusted-origin.ts'

/**
 * The first line before what costs a hash: refuses floods from one address before any query, and everybody where more
 * hashes wait than are worth waiting for. To be mounted after the validation of the request, which costs next to
 * nothing: what is malformed is not counted.
 *
 * Nor is what a browser declares foreign: a page in another tab could use up its visitor's limit. A browser that signed
 * in before has a limit of its own, so that its neighbours behind the same address can't use it up either.
 *
 * On Workers it counts per location and by Cloudflare's own configuration, so it bounds what refused attempts cost; the
 * limits that have to hold are the database's.
 *
 * @param purpose each has limits of its own: who floods one does not keep their neighbours from the others
 * @throws AppError `origin_rejected`; `rate_limited`; `overloaded`; `database_unavailable` where the limiter fails:
 *   never unlimited
 */
export function limitFloods(purpose: 'register' | 'sign_in' | 'confirm') {
  const middleware = createMiddleware<AppEnv>(async function limitFloods(c, next) {
    const { floodLimiter, config, admission, client } = c.var.deps
    if (findBearerToken(c) === null && isForeign(c)) throw new AppError('origin_rejected')
    if (floodLimiter) {
      const { success, retryAfterSeconds } = await ask(floodLimiter, `${purpose}:${await whose(c)}`)
      const limit = config.limitFloodAddress
      if (success !== true) throw rateLimited(limit, retryAfterSeconds ?? limit.seconds)
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
