import type { Deps, LocalLimitName } from '../deps.ts'
import type { Bucket } from '../sql/limits.ts'
import { rateLimitedError } from './rate-limited-error.ts'
import { reportRefusal } from './refuse-locally.sql.ts'

/**
 * Spends an attempt from this process's own copy of an address's bucket. The bucket in the database counts
 * for all processes, but costs each request a statement, and registering a hash too. A flood that one process
 * recognises by itself costs neither.
 *
 * A flood of refusals is one statement and one event a minute.
 *
 * @throws AppError `rate_limited`
 */
export async function refuseLocally(
  deps: Pick<Deps, 'config' | 'localLimits' | 'db' | 'client' | 'clock'>,
  { name, bucket }: { name: LocalLimitName; bucket: Bucket },
): Promise<void> {
  const { localLimits, clock } = deps
  const limit = deps.config[name]
  const { success, retryAfterSeconds = null } = await localLimits[name].limit({ key: bucket.key })
  if (success) return
  const { success: isFirst } = await localLimits.reports.limit({ key: bucket.key })
  if (isFirst) await reportRefusal(deps, { bucket, limit, now: clock() })
  throw rateLimitedError(limit, retryAfterSeconds)
}
