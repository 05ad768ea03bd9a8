import type { AppDeps, DeliverDeps, DeliverSoon } from '../deps.ts'
import { LEASE_SECONDS } from '../sql/outbox.ts'
import { type Delivered, deliver } from './deliver.ts'
import { deliverDue } from './deliver-due.ts'

/** The most requests whose deliveries a process sends at a time. Those of others, the schedule sends. */
const MAX_UNDER_WAY = 20

/** After this a request no longer counts: Workers may have ended it before its `finally`. */
const ABANDONED_MILLISECONDS = LEASE_SECONDS * 1000

/**
 * Sending begins at a random moment within this time after the response. Sending slows the next request
 * down; begun at once, that would tell whoever asked for a reset that a mail is being sent.
 */
const MAX_DELAY_MILLISECONDS = 1000

/** Workers end what goes on for more than thirty seconds after the response. */
const MAX_CATCHING_UP_MILLISECONDS = 5000

/** Creates the sender of one process: it sends what requests have claimed, after their responses. */
export function createDeliverSoon({
  stopwatch,
  sleep,
  random,
}: Pick<AppDeps, 'stopwatch' | 'sleep' | 'random'>): DeliverSoon {
  const underWay = new Set<{ since: number }>()
  let hasFailed = false
  /**
   * The first success after a failure of this process takes along what waits: the schedule may be minutes
   * away.
   */
  async function catchUp(deps: DeliverDeps, results: readonly Delivered[]): Promise<void> {
    const isUp = hasFailed && !results.includes('failed')
    hasFailed = results.includes('failed')
    if (isUp) await deliverDue({ ...deps, stopwatch }, MAX_CATCHING_UP_MILLISECONDS)
  }
  return async function deliverSoon(deps, deliveries) {
    const own = { since: stopwatch() }
    for (const other of underWay) {
      if (own.since - other.since >= ABANDONED_MILLISECONDS) underWay.delete(other)
    }
    if (underWay.size >= MAX_UNDER_WAY) return
    underWay.add(own)
    try {
      const [byte = 0] = random.bytes(1)
      await sleep((byte / 256) * MAX_DELAY_MILLISECONDS)
      const results: Delivered[] = []
      for (const delivery of deliveries) results.push(await deliver(deps, delivery, { retriesSoon: true }))
      await catchUp(deps, results)
    } finally {
      underWay.delete(own)
    }
  }
}
