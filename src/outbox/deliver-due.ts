import type { DeliverDeps, Deps } from '../deps.ts'
import { claimDeliveries } from './claim.sql.ts'
import { deliver } from './deliver.ts'

/** Claimed and sent at the same time: a batch takes as long as one try, which is less than a lease. */
const BATCH = 10

/** After this it claims no more; the next run goes on. */
const MAX_MILLISECONDS = 60_000

/**
 * Sends what is due: what failed before, and what no request has sent. It stops after a batch of which
 * nothing was sent.
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
