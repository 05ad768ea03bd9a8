import type { Deps, LocalLimitName } from '../deps.ts'
import type { Bucket } from '../sql/limits.ts'
import { rateLimited } from './buckets.ts'
import { reportRefusal } from './refuse-locally.sql.ts'

/**
 * Spends of this process's own copy of an address's bucket. The database's decides for all processes, but
 * costs a statement a request, and for registering a hash; what this process alone has seen too much of costs
 * neither.
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
  throw rateLimited(limit, retryAfterSeconds)
}
