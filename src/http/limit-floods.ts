import { createMiddleware } from 'hono/factory'
import type { FloodLimiter } from '../deps.ts'
import { AppError } from '../errors.ts'
import { rateLimited } from '../limits/budgets.ts'
import type { AppEnv } from './context.ts'
import { withMetadata } from './describe.ts'

/**
 * The first line before what costs a hash: refuses floods from one address before any query. On Workers it counts
 * per location and by Cloudflare's own configuration, so it bounds what refused attempts cost; the limits that
 * have to hold are the database's.
 *
 * @throws AppError `rate_limited`; `database_unavailable` where the limiter fails: never unlimited
 */
export function limitFloods() {
  const middleware = createMiddleware<AppEnv>(async function limitFloods(c, next) {
    const { floodLimiter, config, client } = c.var.deps
    if (floodLimiter && !(await isLetThrough(floodLimiter, client.network))) {
      throw rateLimited(config, 'floodAddress', config.limits.floodAddress.seconds)
    }
    await next()
  })
  return withMetadata(middleware, { limited: true })
}

async function isLetThrough(floodLimiter: FloodLimiter, key: string): Promise<boolean> {
  try {
    return (await floodLimiter.limit({ key })).success === true
  } catch (cause) {
    throw new AppError('database_unavailable', { cause })
  }
}
