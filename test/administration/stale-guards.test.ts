import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'
import { withBetween } from '../support/with-between.ts'

const tested = await createTestApp()
const { database, register, post, openSession } = tested
const { allow, appoint, createRole, ask } = administratorsOf(tested)
const role = await createRole()

type Person = Awaited<ReturnType<typeof register>>
const acts: [string, (subject: Person) => [string, string, unknown?]][] = [
  ['changing', ({ id }) => ['PATCH', `/users/${id}`, { full_name: 'Changed' }]],
  ['disabling', ({ id }) => ['PATCH', `/users/${id}`, { status: 'disabled' }]],
  ['deleting', ({ id }) => ['DELETE', `/users/${id}`]],
  ['giving roles to', ({ id }) => ['PUT', `/users/${id}/roles`, { roles: ['admin'] }]],
  ['signing out', ({ id }) => ['DELETE', `/users/${id}/sessions`]],
  ['writing a role beside', () => ['PUT', '/roles/coup', { description: 'x', permissions: ['users:read'] }]],
  ['deleting a role beside', () => ['DELETE', `/roles/${role}`]],
  ['writing metadata of', ({ id }) => ['PATCH', `/users/${id}`, { app_metadata: { plan: 'pro' } }]],
  ['creating', () => ['POST', '/users', { username: 'new', email: 'new@example.com', full_name: 'New' }]],
]

/** So that administrators create accounts. It changes no other act. */
const CLOSED = { REGISTRATION: 'closed' }

const reads: typeof acts = [
  ['listing', () => ['GET', '/users']],
  ['reading', ({ id }) => ['GET', `/users/${id}`]],
  ['reading the sessions of', ({ id }) => ['GET', `/users/${id}/sessions`]],
  ['reading the events of', ({ id }) => ['GET', `/audit-events?user_id=${id}`]],
]

/** All that an act could have changed. */
const state = async () =>
  JSON.stringify([
    await database.sql('select * from users order by id'),
    await database.sql('select * from user_roles order by 1, 2'),
    await database.sql('select * from roles order by 1'),
    await database.sql('select * from role_permissions order by 1, 2'),
    // That it was refused is on record.
    await database.sql("select * from audit_events where type <> 'access_denied' order by id"),
  ])

describe('an administrator who was let through', () => {
  test.each([...acts, ...reads])(
    'and demoted since: %s somebody is refused, and nothing happens (row 67)',
    async (_, act) => {
      const [subject, admin] = [await register(), await appoint('admin')]
      await openSession(subject)
      let before = ''
      const slow = await withBetween(
        tested,
        async () => {
          await database.sql("delete from user_roles where user_id = $1 and role_name = 'admin'", [admin.id])
          before = await state()
        },
        CLOSED,
      )
      const { status, body } = await administratorsOf(slow).ask(admin, ...act(subject))
      expect([status, body['code']]).toEqual([403, 'forbidden'])
      expect(body).not.toHaveProperty('items')
      expect(await state()).toBe(before)
    },
  )

  test.each([...acts, ...reads])(
    'and signed out since: %s somebody is refused, and nothing happens',
    async (_, act) => {
      const [subject, admin] = [await register(), await appoint('admin')]
      let before = ''
      const slow = await withBetween(
        tested,
        async () => {
          await post('/logout', { refresh_token: admin.refresh_token })
          before = await state()
        },
        CLOSED,
      )
      const { status, body } = await administratorsOf(slow).ask(admin, ...act(subject))
      expect([status, body['code']]).toEqual([401, 'invalid_token'])
      expect(await state()).toBe(before)
    },
  )
})

test.each(acts)(
  '%s somebody waits in line: its statement comes after the lock, in one round trip',
  async (_, act) => {
    const [subject, admin] = [await register(), await appoint('admin')]
    const closed = await createTestApp({ database, variables: CLOSED })
    await database.roundTrips()
    await administratorsOf(closed).ask(admin, ...act(subject))
    const [, [deadline = '', lock = '', statement = '', ...more] = []] = await database.roundTrips()
    expect(deadline).toMatch(/set_config\('statement_timeout'/)
    expect(lock).toMatch(
      /select from "lumascope"\."roles"(, "lumascope"\."users")? where .* for no key update/s,
    )
    expect(statement).toMatch(/"caller" as \(/)
    expect(more).toEqual([])
  },
)

test('deleting oneself does, too', async () => {
  const admin = await appoint('admin')
  await database.roundTrips()
  expect((await ask(admin, 'DELETE', '/users/me', { password: admin.password })).status).toBe(204)
  const trips = await database.roundTrips()
  expect(trips.at(-1)?.[1]).toMatch(/select from "lumascope"\."roles" where .* for no key update/s)
})

test('a statement that gave up on a lock does not run once the lock is free', async () => {
  const [subject, admin] = [await register(), await appoint('admin')]
  await openSession(subject)
  const before = await state()
  // Somebody's forgotten terminal.
  const held = database.sql(
    "begin; select from roles where name = 'admin' for update; select pg_sleep(5); commit",
  )
  const asleep = "select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
  await expect.poll(() => database.sql(asleep), { timeout: 4000 }).toHaveLength(1)
  const impatient = await createTestApp({
    variables: { DATABASE_TIMEOUT_MILLISECONDS: '2000' },
    deps: { keyRing: tested.deps.keyRing, clock: tested.deps.clock },
  })
  const { status, body } = await administratorsOf(impatient).ask(admin, 'PATCH', `/users/${subject.id}`, {
    status: 'disabled',
  })
  expect([status, body['code']]).toEqual([503, 'database_unavailable'])
  await held
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await state()).toBe(before)
  tested.log.length = 0
})

test('an account that meanwhile got more permissions is not changed by somebody with fewer', async () => {
  const subject = await register()
  const manager = await allow('users:write')
  const slow = await withBetween(tested, () =>
    database.sql("insert into user_roles values ($1, 'admin')", [subject.id]),
  )
  const { status } = await administratorsOf(slow).ask(manager, 'PATCH', `/users/${subject.id}`, {
    status: 'disabled',
  })
  expect(status).toBe(403)
  expect((await ask(await openSession(subject), 'GET', '/users')).status).toBe(200)
})

test('nor are their sessions shown', async () => {
  const subject = await register()
  const watcher = await allow('sessions:revoke')
  const slow = await withBetween(tested, async () => {
    await openSession(subject)
    await database.sql("insert into user_roles values ($1, 'admin')", [subject.id])
  })
  const { status, body } = await administratorsOf(slow).ask(watcher, 'GET', `/users/${subject.id}/sessions`)
  expect([status, body['detail']]).toEqual([403, 'They may do what you may not.'])
})
