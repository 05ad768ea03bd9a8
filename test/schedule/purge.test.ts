import { expect, inject, test } from 'vitest'
import { jobs } from '../../src/app.ts'
import { PURGES } from '../../src/features.ts'
import { runHourly } from '../../src/schedule/run-scheduled.ts'
import { createTestApp, createTestDatabase, payloadOf } from '../support/test-app.ts'

const app = await createTestApp({ database: await createTestDatabase() })
const { database, clock, log, deps, register, openSession, me, post } = app
const DAY = 86_400_000
const later = (milliseconds: number) => {
  clock.now = new Date(clock.now.getTime() + milliseconds)
}
const sessions = async () => (await database.sql('select id from sessions')).map(({ id }) => id)

test('a session that ended thirty days ago is deleted, and not a millisecond earlier', async () => {
  const person = await register()
  await openSession(person)
  later(7 * DAY + 30 * DAY)
  await runHourly(deps, jobs)
  expect(await sessions()).toHaveLength(1)
  later(1)
  await runHourly(deps, jobs)
  expect(await sessions()).toEqual([])
  expect(log).toEqual([
    // A used-up token is kept for a day, a mail for a week.
    { event: 'purged', sessions: 0, tokens: 1, deliveries: 1, events: 0, budgets: 3 },
    { event: 'purged', sessions: 1, tokens: 0, deliveries: 0, events: 0, budgets: 0 },
  ])
})

test('nothing live is ever deleted, while it is refreshed too (row 90)', async () => {
  const person = await register()
  const live = await openSession(person)
  const [, responses] = await Promise.all([
    Promise.all(Array.from({ length: 10 }, () => runHourly(deps, jobs))),
    Promise.all(Array.from({ length: 10 }, () => post('/refresh', { refresh_token: live.refresh_token }))),
  ])
  expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200))
  expect((await me(live.access_token)).status).toBe(200)
  expect(await sessions()).toEqual([payloadOf(live.access_token)['sid']])
})

test('more than a batch is deleted in several, all of it bounded', async () => {
  const { id } = await register()
  await database.sql(
    `insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at)
     select gen_random_uuid(), $1, 1, '2020-01-01', '2020-01-01', '2020-01-08', '2020-02-01' from generate_series(1, 2500)`,
    [id],
  )
  const before = (await sessions()).length
  await database.roundTrips()
  await runHourly(deps, jobs)
  expect(before - (await sessions()).length).toBe(2500)
  // Three batches; tokens, deliveries, budgets and events.
  expect((await database.roundTrips()).filter(([text]) => /delete from/.test(text ?? ''))).toHaveLength(7)
})

// PGlite has one session: a statement that sleeps there can't be cancelled.
test.runIf(inject('engine') === 'postgres')(
  'a batch that times out is tried again with half of it, until all is deleted',
  async () => {
    const slow = await createTestApp({
      database: await createTestDatabase(),
      variables: { DATABASE_TIMEOUT_MILLISECONDS: '2000' },
    })
    const { id } = await slow.register()
    await slow.database.sql(
      `insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at)
       select gen_random_uuid(), $1, 1, '2020-01-01', '2020-01-01', '2020-01-08', '2020-02-01' from generate_series(1, 400)`,
      [id],
    )
    // 400 rows at once take longer than any statement may, 250 do not.
    await slow.database.sql(`
      create function slow() returns trigger language plpgsql as
        $$ begin if (select count(*) from gone) > 250 then perform pg_sleep(10); end if; return null; end $$;
      create trigger slow after delete on sessions referencing old table as gone
        for each statement execute function slow()`)
    await slow.database.roundTrips()
    await runHourly(slow.deps, jobs)
    expect(slow.log[0]).toMatchObject({ event: 'purged', sessions: 400, events: 0, tokens: 0, deliveries: 0 })
    expect(await slow.database.sql('select id from sessions')).toEqual([])
    // 1,000 and 500 in vain, 250, the other 150; tokens, deliveries, budgets and events.
    const trips = await slow.database.roundTrips()
    expect(trips.filter(([text]) => /delete from/.test(text ?? ''))).toHaveLength(8)
  },
)

test('a database that fails is logged, and nothing is thrown', async () => {
  const { deps: broken, log: lines } = await createTestApp({
    deps: {
      connect: () => {
        throw new Error('canary')
      },
    },
  })
  await runHourly(broken, jobs)
  const failed = (what: string) => ({ event: 'schedule_failed', what, causes: [{ name: 'Error' }] })
  const nothing = { event: 'purged' }
  const purges = Object.keys(PURGES).map(failed)
  expect(lines).toEqual([...purges, nothing, failed('guessing'), failed('deadline')])
  expect(JSON.stringify(lines)).not.toContain('canary')
})

test('one part that fails keeps no other from its work', async () => {
  await database.sql('alter table sessions rename to sessions_away')
  log.length = 0
  try {
    await runHourly(deps, jobs)
  } finally {
    await database.sql('alter table sessions_away rename to sessions')
  }
  expect(log).toEqual([
    { event: 'schedule_failed', what: 'sessions', causes: [{ name: 'NeonDbError', code: '42P01' }] },
    {
      event: 'purged',
      tokens: expect.any(Number),
      deliveries: expect.any(Number),
      events: expect.any(Number),
      budgets: expect.any(Number),
    },
  ])
})
