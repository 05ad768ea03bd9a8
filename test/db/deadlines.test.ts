import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { jobs } from '../../src/app.ts'
import { statementDeadline } from '../../src/db/client.ts'
import { runHourly } from '../../src/schedule/run-scheduled.ts'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, createTestDatabase, payloadOf, type TokenPair } from '../support/test-app.ts'

/** As in production: half a second before we give up, PostgreSQL has. */
const TIMEOUT = 2000
const database = await createTestDatabase()
const variables = { DATABASE_TIMEOUT_MILLISECONDS: String(TIMEOUT) }

/** A connection that has no deadline, as of somebody else: it holds locks for as long as a test says. */
const other = new Client({ connectionString: database.serverUrl })
await other.connect()
afterAll(() => other.end())
const name = new URL(database.url).pathname.slice(1)
await other.query(
  `alter role current_user in database ${name} set statement_timeout = '${statementDeadline(TIMEOUT)}ms'`,
)

async function hold(lock: string) {
  await other.query('begin')
  await other.query(lock)
  return async (milliseconds: number) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    await other.query('commit')
  }
}

describe('a statement ends before we give up on it', () => {
  test('half a second earlier, or at half of the time', () => {
    expect([500, 800, 1000, 3000, 15_000].map(statementDeadline)).toEqual([250, 400, 500, 2500, 14_500])
  })

  test('a refresh that times out on a lock is not committed; its retry is no replay (row 35)', async () => {
    const { post, register, openSession, clock } = await createTestApp({ database, variables })
    const person = await register()
    const pair = await openSession(person)
    const session = String(payloadOf(pair.access_token)['sid'])
    const state = async () =>
      await database.sql('select generation, replaced_at, revoked_at from sessions where id = $1', [session])
    const before = await state()
    const release = await hold(`select from sessions where id = '${session}' for update`)
    const held = release(4000)
    const refused = await post('/refresh', { refresh_token: pair.refresh_token })
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '2'])
    await held
    // Long enough for what would have waited on.
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await state()).toEqual(before)
    clock.now = new Date(clock.now.getTime() + 30_000)
    const retried = await post('/refresh', { refresh_token: pair.refresh_token })
    expect(retried.status).toBe(200)
    const next = (await retried.json()) as TokenPair
    expect((await post('/refresh', { refresh_token: next.refresh_token })).status).toBe(200)
    const theft = await database.sql("select 1 from audit_events where type = 'refresh_token_replayed'")
    expect(theft).toEqual([])
  })

  test('an administrator’s request that meets several locks is 503 and has no effect (row 92)', async () => {
    const tested = await createTestApp({ database, variables })
    const { appoint, ask } = administratorsOf(tested)
    const [admin, subject] = [await appoint('admin'), await tested.register()]
    // The role's row for most of its half of the time, and the subject's beyond the other half.
    await other.query('begin')
    await other.query(`select from users where id = ${subject.id} for update`)
    await other.query("savepoint first; select from roles where name = 'admin' for update")
    const released = new Promise((resolve) => setTimeout(resolve, 500))
      .then(() => other.query('rollback to first'))
      .then(() => new Promise((resolve) => setTimeout(resolve, 2500)))
      .then(() => other.query('commit'))
    const start = performance.now()
    const { status } = await ask(admin, 'PATCH', `/users/${subject.id}`, { status: 'disabled' })
    expect(status).toBe(503)
    expect(performance.now() - start).toBeLessThan(TIMEOUT + 1000)
    await released
    await new Promise((resolve) => setTimeout(resolve, 500))
    const [after] = await database.sql('select disabled_at from users where id = $1', [subject.id])
    expect(after).toEqual({ disabled_at: null })
  })
})

describe('a database that would go on', () => {
  test('is said to at the start and by the schedule, with what to set', async () => {
    const { checkDeadline } = await import('../../src/operations/check-deadline.ts')
    const { deps, log } = await createTestApp({
      database,
      variables: { DATABASE_TIMEOUT_MILLISECONDS: '1500' },
    })
    await checkDeadline(deps)
    expect(log).toEqual([
      {
        event: 'statement_timeout_too_long',
        found_ms: 1500,
        remedy: expect.stringContaining("set statement_timeout = '1000ms'"),
      },
    ])
    const fine = await createTestApp({ database, variables })
    await checkDeadline(fine.deps)
    expect(fine.log).toEqual([])
  })
})

describe('a user who changes while a statement waits', () => {
  test('for the session that is kept when all others end: it is refreshed', async () => {
    const { post, register, openSession } = await createTestApp({ database, variables })
    const person = await register()
    const pair = await openSession(person)
    const session = String(payloadOf(pair.access_token)['sid'])
    const commitLater = await hold(`
      update users set auth_version = auth_version + 1 where id = ${person.id};
      update sessions set auth_version = auth_version + 1 where id = '${session}'`)
    const [response] = await Promise.all([
      post('/refresh', { refresh_token: pair.refresh_token }),
      commitLater(400),
    ])
    expect(response.status).toBe(200)
  })

  test('for a user who is deleted meanwhile: an administrator’s change is 404 and has no event', async () => {
    const tested = await createTestApp({ database, variables })
    const { appoint, ask } = administratorsOf(tested)
    const [admin, subject] = [await appoint('admin'), await tested.register()]
    const commitLater = await hold(`delete from users where id = ${subject.id}`)
    const [response] = await Promise.all([
      ask(admin, 'PATCH', `/users/${subject.id}`, { status: 'disabled' }),
      commitLater(400),
    ])
    expect(response.status).toBe(404)
    const events = await database.sql("select 1 from audit_events where type = 'account_disabled'")
    expect(events).toEqual([])
  })

  test('for a row that the purge would delete: the purge deletes the others and waits for nobody', async () => {
    const { deps, log, register } = await createTestApp({ database, variables })
    const { id } = await register()
    const ended = await database.sql(
      `insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at)
       select gen_random_uuid(), $1, 1, '2020-01-01', '2020-01-01', '2020-01-08', '2020-02-01'
       from generate_series(1, 3) returning id`,
      [id],
    )
    const [busy] = ended.map((session) => String(session['id'])).sort()
    const commitLater = await hold(`select from sessions where id = '${busy}' for update`)
    await runHourly(deps, jobs)
    expect(log[0]).toMatchObject({ event: 'purged', sessions: 2 })
    expect(log.map(({ event }) => event)).not.toContain('schedule_failed')
    expect(await database.sql("select id from sessions where created_at = '2020-01-01'")).toEqual([
      { id: busy },
    ])
    await commitLater(0)
  })
})

describe('a session that ends while a statement waits for its row', () => {
  const start = async () => {
    const app = await createTestApp({ database, variables })
    const person = await app.register()
    const pair = await app.openSession(person)
    const session = String(payloadOf(pair.access_token)['sid'])
    const commitLater = await hold(`update sessions set revoked_at = now() where id = '${session}'`)
    return { ...app, person, pair, commitLater }
  }

  test('is not refreshed: no tokens are answered, and none is written (row 6)', async () => {
    const { post, pair, commitLater } = await start()
    const [response] = await Promise.all([
      post('/refresh', { refresh_token: pair.refresh_token }),
      commitLater(400),
    ])
    expect(response.status).toBe(401)
    const rows = await database.sql(
      'select generation from sessions where revoked_at is not null and generation > 0',
    )
    expect(rows).toEqual([])
  })

  test('changes no password any more', async () => {
    const { as, person, pair, commitLater } = await start()
    const change = { current_password: person.password, new_password: 'quite another horse' }
    const waiting = as(pair).post('/users/me/password', change)
    await commitLater(900)
    expect((await waiting).status).toBe(401)
    const [stored] = await database.sql('select password_version from users where id = $1', [person.id])
    expect(stored).toEqual({ password_version: '1' })
  })
})
