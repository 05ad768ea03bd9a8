import type { AppDeps, DeliverSoon } from '../deps.ts'
import { deliver } from './deliver.ts'

/** The most requests whose deliveries one process sends at a time; what is more, the schedule sends. */
const MAX_UNDER_WAY = 20

/** A request whose deliveries are under way for longer was dropped by its platform. */
const ABANDONED_MILLISECONDS = 60_000

/**
 * The most that sending waits after the response. Whoever asks for a mail learns nothing from how long the
 * server is busy with the next request: the work of sending one falls into any of those of a second.
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
