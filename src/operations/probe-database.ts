import type { Database } from '../db/client.ts'
import type { Probe, Probed } from '../deps.ts'
import { ping } from './queries.ts'

/** Longer than any timeout that can be configured: the request of a probe this old was aborted. */
const ABANDONED_MILLISECONDS = 16_000
const KEPT_MILLISECONDS = 1000
const POLL_MILLISECONDS = 20

/**
 * Creates the probe of one process or isolate. One probe is under way at a time, and its result is kept for a
 * second: a thousand requests a second cost one query. Otherwise a flood of `/ready` could use up the
 * database's connections.
 *
 * @param deps.stopwatch milliseconds that only grow
 */
export function createProbe(deps: {
  stopwatch: () => number
  sleep: (milliseconds: number) => Promise<void>
}): Probe {
  let last: { at: number; probed: Probed } | null = null
  let startedAt: number | null = null
  return async function probe(db, now) {
    const { stopwatch, sleep } = deps
    const isUnderWay = () => startedAt !== null && stopwatch() - startedAt < ABANDONED_MILLISECONDS
    // Polled, since in workerd one request can't wait for the I/O of another.
    while (isUnderWay()) await sleep(POLL_MILLISECONDS)
    if (last && stopwatch() - last.at < KEPT_MILLISECONDS) return last.probed
    startedAt = stopwatch()
    try {
      const probed = await ask(db, { stopwatch, now })
      last = { at: stopwatch(), probed }
      return probed
    } finally {
      startedAt = null
    }
  }
}

async function ask(
  db: Database,
  { stopwatch, now }: { stopwatch: () => number; now: Date },
): Promise<Probed> {
  const start = stopwatch()
  const elapsed = () => Math.round((stopwatch() - start) * 10) / 10
  try {
    const { timeout, waiting, givenUp } = await ping(db, now)
    const outbox = { waiting, givenUp }
    return { milliseconds: elapsed(), statementTimeoutMilliseconds: timeout, outbox }
  } catch (failure) {
    return { milliseconds: elapsed(), statementTimeoutMilliseconds: null, outbox: null, failure }
  }
}
