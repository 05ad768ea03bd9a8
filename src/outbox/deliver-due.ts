import type { DeliverDeps, Deps } from '../deps.ts'
import { claimDeliveries } from './claim.sql.ts'
import { deliver } from './deliver.ts'

/** As many as are sent at the same time, so that all are sent within their lease. */
const BATCH = 10

/** Then the next run goes on. */
const MAX_MILLISECONDS = 60_000

/**
 * Sends what is due: what failed before, and what requests had no time to send. It stops at a batch of which
 * nothing could be sent: the other server is down.
 *
 * @returns how many were sent
 */
export async function deliverDue(deps: DeliverDeps & Pick<Deps, 'stopwatch'>): Promise<number> {
  const { db, clock, stopwatch } = deps
  const start = stopwatch()
  let sent = 0
  while (stopwatch() - start < MAX_MILLISECONDS) {
    const claimed = await claimDeliveries(db, { now: clock(), limit: BATCH })
    const results = await Promise.all(
      claimed.map((delivery) => deliver(deps, delivery, { retriesSoon: false })),
    )
    const succeeded = results.filter(Boolean).length
    sent += succeeded
    if (succeeded === 0) break
  }
  return sent
}
