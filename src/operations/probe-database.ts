import type { Database } from '../db/client.ts'
import type { Probe, Probed } from '../deps.ts'
import { ping } from './queries.ts'

/** Longer than any timeout that can be configured: whose probe takes longer is gone. */
const ABANDONED_MILLISECONDS = 16_000
const KEPT_MILLISECONDS = 1000
const POLL_MILLISECONDS = 20

/**
 * A probe of the database for one process or isolate: one is under way at a time, and its answer counts for a
 * second, so that who asks a thousand times costs what one who asks once a second does. Otherwise anybody
 * could use up the connections of the database, or keep a compute awake that would scale to zero.
 *
 * @param deps.stopwatch milliseconds that only grow
 */
export function createProbe(deps: {
  stopwatch: () => number
  sleep: (milliseconds: number) => Promise<void>
}): Probe {
  let last: { at: number; probed: Probed } | null = null
  let startedAt: number | null = null
  return async function probe(db) {
    const { stopwatch, sleep } = deps
    const isUnderWay = () => startedAt !== null && stopwatch() - startedAt < ABANDONED_MILLISECONDS
    // Polled, since in workerd one request can't wait for the I/O of another.
    while (isUnderWay()) await sleep(POLL_MILLISECONDS)
    if (last && stopwatch() - last.at < KEPT_MILLISECONDS) return last.probed
    startedAt = stopwatch()
    try {
      const probed = await ask(db, stopwatch)
      last = { at: stopwatch(), probed }
      return probed
    } finally {
      startedAt = null
    }
  }
}

async function ask(db: Database, stopwatch: () => number): Promise<Probed> {
  const start = stopwatch()
  const elapsed = () => Math.round((stopwatch() - start) * 10) / 10
  try {
    const statementTimeoutMilliseconds = await ping(db)
    return { milliseconds: elapsed(), statementTimeoutMilliseconds }
  } catch (failure) {
    return { milliseconds: elapsed(), statementTimeoutMilliseconds: null, failure }
  }
}
