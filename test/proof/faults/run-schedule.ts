import { getTableName } from 'drizzle-orm'
import { expect, inject } from 'vitest'
import { jobs } from '../../../src/app.ts'
import type { AppDeps } from '../../../src/deps.ts'
import { PURGES } from '../../../src/features.ts'
import { runFrequent, runHourly } from '../../../src/schedule/run-scheduled.ts'
import { FAULTS, type FaultName } from '../../support/fault-names.ts'
import type { createTestDatabase } from '../../support/test-app.ts'
import { readState, type State } from './state.ts'
import { createWorld } from './world.ts'

type Database = Awaited<ReturnType<typeof createTestDatabase>>

/** By purge: a row that it deletes. The person of the session stays. */
const OLD_ROWS: Record<keyof typeof PURGES, string> = {
  events: `insert into audit_events (occurred_at, type) values ('2020-01-01', 'registered')`,
  budgets: `insert into rate_limits (key, theoretical_arrival_at, expires_at)
    values ('old:x', '2020-01-01', '2020-01-01')`,
  tokens: `update one_time_tokens set expires_at = '2020-01-01'`,
  deliveries: `update outbox set created_at = '2020-01-01'`,
  sessions: `update sessions set created_at = '2020-01-01', last_used_at = '2020-01-01',
    idle_expires_at = '2020-01-01', expires_at = '2020-01-01'`,
}

/**
 * Runs the schedule with a fault at the `at`th of its statements, and once more without.
 *
 * @param planned.fault `null`: none
 *
 * @returns how many statements it sends without a fault, and what is stored in the end
 */
export async function runSchedule(
  { fault, at }: { fault: FaultName | null; at: number },
  database: Database,
): Promise<{ asked: number; state: State }> {
  const isSilent = fault !== null && FAULTS[fault].answer === 'silence'
  // Where mail is sent; the mailbox of development has no such job.
  const world = await createWorld(database, isSilent ? 2000 : 15_000, {
    MAIL_URL: `resend:re_canary?endpoint=${inject('mailProviderUrl')}/accepts/${crypto.randomUUID()}`,
    MAIL_FROM: 'no-reply@example.com',
  })
  const { app, outside } = world
  await world.person()
  await app.settled()
  for (const row of Object.values(OLD_ROWS)) await database.sql(row)
  app.log.length = 0
  const planned = fault ? { fault: { fault, at, late: crypto.randomUUID() } } : {}
  const { asked } = await outside.during(planned, () => runAll(app.deps))
  const failures = app.log.filter(({ event }) => event === 'schedule_failed')
  // A purge that times out goes on with a smaller batch.
  const fails = fault !== null && FAULTS[fault].answer !== 'right'
  if (!isSilent) expect(failures).toHaveLength(fails ? 1 : 0)
  expect(JSON.stringify(app.log)).not.toMatch(/canary|@example|\$pbkdf2/)
  const purged = app.log.filter(({ event }) => event === 'purged')
  expect(purged).toHaveLength(1)
  if (!fault) for (const what of Object.keys(OLD_ROWS)) expect(purged[0]?.[what], what).toBeGreaterThan(0)
  // Whatever failed, the rest was done.
  const failed = failures.map(({ what }) => what)
  for (const [what, { table, age }] of Object.entries(PURGES)) {
    const old = `select from ${getTableName(table)} where ${age.name} < '2021-01-01'`
    if (!failed.includes(what)) expect(await database.sql(old), `old rows of ${what}`).toEqual([])
  }
  await runAll(app.deps)
  return { asked: asked.length, state: await readState(database) }
}

async function runAll(deps: AppDeps): Promise<void> {
  await runHourly(deps, jobs)
  await runFrequent(deps, jobs)
}
