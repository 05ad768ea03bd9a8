import { AppError } from '../errors.ts'
import type { Limit } from '../features/rules.ts'

/**
 * The error `rate_limited`, with the limit and the seconds to wait for its headers.
 *
 * @param secondsToWait until the next attempt is allowed; `null` or not positive if that isn't known. The
 *   error then has the time in which one attempt is refilled, the longest possible wait.
 */
export function rateLimitedError(limit: Limit, secondsToWait: number | null): AppError {
  const wait = secondsToWait !== null && secondsToWait > 0 ? secondsToWait : limit.seconds / limit.count
  return new AppError('rate_limited', {
    limit: { ...limit, retryAfterSeconds: Math.max(1, Math.ceil(wait)) },
  })
}
