import type { Deps, LocalLimitName } from '../deps.ts'
import type { Budget } from '../sql/limits.ts'
import { rateLimited } from './budgets.ts'
import { reportRefusal } from './queries.ts'

/**
 * Spends of this process's own copy of an address's budget. The database's decides for all processes, but costs a
 * statement a request, and for registering a hash; what this process alone has seen too much of costs neither.
 *
 * A flood of refusals is one statement and one event a minute.
 *
 * @throws AppError `rate_limited`
 */
export async function refuseLocally(
  deps: Pick<Deps, 'config' | 'localLimits' | 'db' | 'client' | 'clock'>,
  { name, budget }: { name: LocalLimitName; budget: Budget },
): Promise<void> {
  const { localLimits, clock } = deps
  const limit = deps.config[name]
  const { success, retryAfterSeconds = null } = await localLimits[name].limit({ key: budget.key })
  if (success) return
  const { success: isFirst } = await localLimits.reports.limit({ key: budget.key })
  if (isFirst) await reportRefusal(deps, { budget, limit, now: clock() })
  throw rateLimited(limit, retryAfterSeconds)
}
