import type { AppDeps, DeliverSoon } from '../deps.ts'
import { deliver } from './deliver.ts'

/** The most requests whose deliveries a process sends at a time. Those of others, the schedule sends. */
const MAX_UNDER_WAY = 20

/** After this a request no longer counts: Workers may have ended it before its `finally`. */
const ABANDONED_MILLISECONDS = 60_000

/**
 * Sending begins at a random moment within this time after the response. Sending slows the next request
 * down; begun at once, that would tell whoever asked for a reset that a mail is being sent.
 */
const MAX_DELAY_MILLISECONDS = 1000

/** Creates the sender of one process: it sends what requests have claimed, after their responses. */
export function createDeliverSoon({
  stopwatch,
  sleep,
  random,
}: Pick<AppDeps, 'stopwatch' | 'sleep' | 'random'>): DeliverSoon {
  const underWay = new Set<{ since: number }>()
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
      for (const delivery of deliveries) await deliver(deps, delivery, { retriesSoon: true })
    } finally {
      underWay.delete(own)
    }
  }
}
