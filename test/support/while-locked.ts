import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { createTestDatabase } from './test-app.ts'

type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>

/** A slow machine is no failure. Less than the deadline of the statements that wait. */
const PATIENCE_MILLISECONDS = 10_000

/**
 * Locks rows until every request waits for them, so that their statements begin before any of them can
 * decide. Each request is sent once those before it wait, so they get the lock in their order. Under Node
 * only.
 *
 * @param rows what follows `select from`, as `users where id = 1`
 * @returns the answers
 * @throws if a request does not wait: the test would test nothing
 */
export async function whileLocked<T>(
  database: TestDatabase,
  rows: string,
  requests: (() => Promise<T>)[],
): Promise<T[]> {
  const holder = new Client({ connectionString: database.serverUrl })
  await holder.connect()
  const sent: Promise<T>[] = []
  try {
    await holder.query('begin')
    await holder.query(`select from ${rows} for update`)
    for (const request of requests) {
      sent.push(request())
      await untilWaiting(database, sent.length)
    }
  } finally {
    await holder.end()
    await Promise.allSettled(sent)
  }
  return await Promise.all(sent)
}

/** Waits until so many statements of the database wait for a lock. */
async function untilWaiting(database: TestDatabase, count: number): Promise<void> {
  const until = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const waiting = await database.sql(
      "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    )
    if (waiting.length === count) return
    if (performance.now() > until) throw new Error(`${waiting.length} of ${count} requests wait for the lock`)
    await sleep(10)
  }
}
