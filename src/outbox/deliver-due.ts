import type { DeliverDeps, Deps } from '../deps.ts'
import { claimDeliveries } from './claim.sql.ts'
import { deliver } from './deliver.ts'

/** Claimed and sent at the same time: a batch takes as long as one try, which is less than a lease. */
const BATCH = 10

/** After this it claims no more; the next run goes on. */
const MAX_MILLISECONDS = 60_000

/**
 * Sends what is due: what failed before, and what no request has sent. Each kind stops after a batch that
 * failed as a whole, since the server that it goes to may be down; the others go on.
 *
 * @returns how many were sent
 */
export async function deliverDue(
  deps: DeliverDeps & Pick<Deps, 'stopwatch'>,
  maxMilliseconds = MAX_MILLISECONDS,
): Promise<number> {
  const until = deps.stopwatch() + maxMilliseconds
  let sent = 0
  for (const kind of Object.keys(deps.channels)) sent += await deliverKind(deps, { kind, until })
  return sent
}

async function deliverKind(
  deps: DeliverDeps & Pick<Deps, 'stopwatch'>,
  { kind, until }: { kind: string; until: number },
): Promise<number> {
  let sent = 0
  while (deps.stopwatch() < until) {
    const claimed = await claimDeliveries(deps.db, { kind, now: deps.clock(), limit: BATCH })
    const sending = claimed.map((delivery) => deliver(deps, delivery, { retriesSoon: false }))
    const results = await Promise.all(sending)
    sent += results.filter((result) => result === 'sent').length
    if (results.every((result) => result === 'failed')) break
  }
  return sent
}
