import { expect } from 'vitest'
import { jobs } from '../../../src/app.ts'
import { runScheduled } from '../../../src/schedule/run-scheduled.ts'
import { DELAYS, SILENT } from '../../support/fault-names.ts'
import type { createTestDatabase } from '../../support/test-app.ts'
import { readState, type State } from './state.ts'
import { createWorld } from './world.ts'

type Database = Awaited<ReturnType<typeof createTestDatabase>>

/** Rows of each table that a purge deletes, and of a person who stays. */
const OLD_ROWS = [
  `insert into audit_events (occurred_at, type) values ('2020-01-01', 'registered')`,
  `insert into rate_limits (key, theoretical_arrival_at, expires_at) values ('old:x', '2020-01-01', '2020-01-01')`,
  `update sessions set created_at = '2020-01-01', last_used_at = '2020-01-01', idle_expires_at = '2020-01-01',
    expires_at = '2020-01-01'`,
]

/**
 * Runs the schedule with a fault at the `at`th of its statements, and once more without.
 *
 * @returns how many statements it sends without a fault, and what is stored in the end
 */
export async function runSchedule(
  { fault, at }: { fault: string; at: number },
  database: Database,
): Promise<{ asked: number; state: State }> {
  const world = await createWorld(database, SILENT.includes(fault) ? 2000 : 15_000)
  const { app, outside } = world
  await world.person()
  for (const row of OLD_ROWS) await database.sql(row)
  app.log.length = 0
  const planned = at > 0 ? { fault: { fault, at, late: crypto.randomUUID() } } : {}
  const { asked } = await outside.during(planned, () => runScheduled(app.deps, jobs))
  const failures = app.log.filter(({ event }) => event === 'schedule_failed')
  // A purge that times out goes on with a smaller batch.
  const isExpected = at > 0 && !DELAYS.some((delay) => delay === fault) && !SILENT.includes(fault)
  if (!SILENT.includes(fault)) expect(failures).toHaveLength(isExpected ? 1 : 0)
  expect(JSON.stringify(app.log)).not.toMatch(/canary|@example|\$pbkdf2/)
  expect(app.log.filter(({ event }) => event === 'purged')).toHaveLength(1)
  await runScheduled(app.deps, jobs)
  return { asked: asked.length, state: await readState(database) }
}
