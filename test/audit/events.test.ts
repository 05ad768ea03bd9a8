import { describe, expect, test } from 'vitest'
import { issuePasswordReset } from '../../src/administration/issue-reset.ts'
import { jobs } from '../../src/app.ts'
import { EVENTS } from '../../src/features.ts'
import { runFrequent, runHourly } from '../../src/schedule/run-scheduled.ts'
import { NO_CLIENT } from '../../src/sql/events.ts'
import { administratorsOf } from '../support/administrators.ts'
import {
  createTestApp,
  createTestDatabase,
  DEFAULT_LIMITS,
  payloadOf,
  type TokenPair,
} from '../support/test-app.ts'

const tested = await createTestApp()
const { post, as, register, openSession, database, clock, deps } = tested
const { appoint, ask } = administratorsOf(tested)

const USER_AGENT = 'Test Browser/1.0'
type Event = { id: number; type: string; session_id: string | null; details: Record<string, unknown> }
type Page = { items: Event[]; next_cursor: string | null }

const agent = { 'User-Agent': USER_AGENT }
const eventsOf = async (pair: TokenPair, query = '') =>
  (await (await as(pair).get(`/users/me/events${query}`, agent)).json()) as Page
const sid = (pair: TokenPair) => payloadOf(pair.access_token)['sid'] as string
/** What is on record of a user, the oldest first, whoever may read it. */
const recorded = async (id: number) =>
  await database.sql('select * from audit_events where user_id = $1 order by id', [id])
const last = async (id: number) => (await recorded(id)).at(-1)
const later = (milliseconds: number) => {
  clock.now = new Date(clock.now.getTime() + milliseconds)
}
const send = (method: string, path: string, pair: TokenPair, body?: unknown) =>
  as(pair).send(method, path, body, agent)

describe('GET /users/me/events', () => {
  test('shows what happened, when, from where, the newest first', async () => {
    const person = await register()
    await post('/login', { email: person.email, password: 'wrong password' }, { 'User-Agent': USER_AGENT })
    later(1000)
    const pair = await openSession(person)
    const { items, next_cursor } = await eventsOf(pair)
    expect(items.map(({ type }) => type)).toEqual(['signed_in', 'sign_in_failed', 'registered'])
    expect(items[0]).toEqual({
      id: expect.any(Number),
      occurred_at: clock.now.toISOString(),
      type: 'signed_in',
      session_id: sid(pair),
      ip_address: '203.0.113.7',
      user_agent: null,
      details: {},
      by_administrator: false,
    })
    expect(items[1]).toMatchObject({
      session_id: null,
      user_agent: USER_AGENT,
      details: { reason: 'wrong_password' },
    })
    expect(next_cursor).toBeNull()
  })

  test('goes through all of them by pages, none twice and none left out, while more happens', async () => {
    const person = await register()
    const pair = await openSession(person)
    for (let time = 0; time < 7; time++) await openSession(person)
    const all = (await eventsOf(pair, '?limit=100')).items.map(({ id }) => id)
    expect(all).toHaveLength(9)
    const seen: number[] = []
    let cursor: string | null = null
    do {
      const page: Page = await eventsOf(pair, `?limit=3${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
      await openSession(person)
    } while (cursor)
    expect(seen).toEqual(all)
  })

  test('shows nothing of anybody else, whatever the cursor (row 66)', async () => {
    const other = await openSession(await register())
    const [first] = (await eventsOf(other)).items
    const pair = await openSession(await register())
    const cursor = `${clock.now.getTime() + 60_000}.${Number(first?.id) + 1}`
    const { items } = await eventsOf(pair, `?cursor=${cursor}`)
    expect(items.map(({ id }) => id)).not.toContain(first?.id)
    expect(items.map(({ type }) => type)).toEqual(['signed_in', 'registered'])
  })

  test.each([
    '?limit=0',
    '?limit=101',
    '?limit=-1',
    '?limit=1e1',
    '?limit=x',
    '?cursor=',
    '?cursor=-1',
    '?cursor=1',
    '?cursor=1;x',
    '?cursor=1.0',
    '?cursor=1.2.3',
    '?cursor=999999999999999.1',
    '?cursor=1.9999999999999999999',
    '?unknown=1',
  ])('refuses %s without reading events', async (query) => {
    const pair = await openSession(await register())
    await database.roundTrips()
    const response = await as(pair).get(`/users/me/events${query}`, agent)
    expect(response.status).toBe(422)
    expect(await database.roundTrips()).toHaveLength(1)
  })

  test('is one round trip beside the guard’s', async () => {
    const pair = await openSession(await register())
    await database.roundTrips()
    await eventsOf(pair)
    expect(await database.roundTrips()).toHaveLength(2)
  })
})

describe('on record, in the statement that does it, is', () => {
  test('a sign-out, with its session', async () => {
    const person = await register()
    const pair = await openSession(person)
    await database.roundTrips()
    await post('/logout', { refresh_token: pair.refresh_token })
    expect(await database.roundTrips()).toHaveLength(1)
    expect(await last(person.id)).toMatchObject({ type: 'signed_out', session_id: sid(pair) })
    // The second time nothing happens, and nothing is said to have happened.
    const before = (await recorded(person.id)).length
    await post('/logout', { refresh_token: pair.refresh_token })
    expect(await recorded(person.id)).toHaveLength(before)
  })

  test('a session that was ended, and all of them at once', async () => {
    const person = await register()
    const [pair, other] = [await openSession(person), await openSession(person)]
    expect((await send('DELETE', `/users/me/sessions/${sid(other)}`, pair)).status).toBe(204)
    expect(await last(person.id)).toMatchObject({ type: 'session_ended', session_id: sid(other) })
    await openSession(person)
    await send('DELETE', '/users/me/sessions?keep_current=true', pair)
    expect(await last(person.id)).toMatchObject({
      type: 'session_ended',
      actor_id: String(person.id),
      session_id: sid(pair),
      details: '{"sessions": "others"}',
    })
    await send('DELETE', '/users/me/sessions', pair)
    expect(await last(person.id)).toMatchObject({ details: '{"sessions": "all"}' })
  })

  test('nothing for somebody else’s session, which did not end (row 66)', async () => {
    const victim = await register()
    const target = await openSession(victim)
    const pair = await openSession(await register())
    const before = await recorded(victim.id)
    expect((await send('DELETE', `/users/me/sessions/${sid(target)}`, pair)).status).toBe(404)
    expect(await recorded(victim.id)).toEqual(before)
  })

  test('a replayed refresh token, once', async () => {
    const person = await register()
    const pair = await openSession(person)
    await post('/refresh', { refresh_token: pair.refresh_token })
    later(120_000)
    for (let time = 0; time < 3; time++) await post('/refresh', { refresh_token: pair.refresh_token })
    const types = (await recorded(person.id)).map(({ type }) => type)
    expect(types).toEqual(['registered', 'signed_in', 'refresh_token_replayed'])
  })

  test('a password change, and a wrong password for one', async () => {
    const person = await register()
    const pair = await openSession(person)
    const change = (current: string) =>
      send('POST', '/users/me/password', pair, {
        current_password: current,
        new_password: 'quite another horse',
      })
    expect((await change('wrong password')).status).toBe(403)
    expect(await last(person.id)).toMatchObject({
      type: 'password_confirmation_failed',
      session_id: sid(pair),
    })
    expect((await change(person.password)).status).toBe(200)
    expect(await last(person.id)).toMatchObject({ type: 'password_changed', actor_id: String(person.id) })
  })

  test('a change of the profile by the names of its fields, and nothing if it was refused', async () => {
    const [person, other] = [await register(), await register()]
    const pair = await openSession(person)
    await send('PATCH', '/users/me', pair, { full_name: 'Somebody Else' })
    expect(await last(person.id)).toMatchObject({
      type: 'profile_changed',
      details: '{"members": ["full_name"]}',
    })
    const before = await recorded(person.id)
    expect((await send('PATCH', '/users/me', pair, { username: other.username })).status).toBe(409)
    expect(await recorded(person.id)).toEqual(before)
  })

  test('the deletion of an account, which its events outlive', async () => {
    const person = await register()
    const pair = await openSession(person)
    expect((await send('DELETE', '/users/me', pair, { password: person.password })).status).toBe(204)
    expect((await recorded(person.id)).map(({ type }) => type)).toEqual([
      'registered',
      'signed_in',
      'account_deleted',
    ])
  })

  test('an upgraded hash', async () => {
    const person = await register()
    const { createPasswordHasher } = await import('../../src/crypto/password.ts')
    const older = createPasswordHasher({ iterations: 10, rounds: 1 }, tested.deps.random.bytes)
    await database.sql('update users set password_hash = $1 where id = $2', [
      await older.hash(person.password),
      person.id,
    ])
    await openSession(person)
    await openSession(person)
    const types = (await recorded(person.id)).map(({ type }) => type)
    expect(types.sort()).toEqual(['hash_upgraded', 'registered', 'signed_in', 'signed_in'])
    const [upgrade] = (await recorded(person.id)).filter(({ type }) => type === 'hash_upgraded')
    const sessions = (await recorded(person.id)).filter(({ type }) => type === 'signed_in')
    // By its owner, in the session that the sign-in opened.
    expect(upgrade).toMatchObject({ actor_id: String(person.id), session_id: sessions[0]?.['session_id'] })
    expect(upgrade?.['session_id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('an attempt at an account that does not exist, with nothing of whose it is', async () => {
    await post('/login', { email: 'canary-nobody@example.com', password: 'x' })
    const [event] = await database.sql('select * from audit_events order by id desc limit 1')
    expect(event).toMatchObject({
      type: 'sign_in_failed',
      user_id: null,
      details: '{"reason": "unknown_account"}',
    })
    expect(JSON.stringify(event)).not.toContain('canary')
  })

  test('a refusal, once in the time of its limit, however many there are', async () => {
    const limited = await createTestApp({
      variables: DEFAULT_LIMITS,
      deps: { clock: tested.deps.clock, clientAddress: () => '192.0.2.77' },
    })
    const { email, id } = await register()
    const guess = () => limited.post('/login', { email, password: 'wrong password' })
    for (let time = 0; time < 15; time++) await guess()
    const refusals = async () => (await recorded(id)).filter(({ type }) => type === 'limited')
    expect(await refusals()).toMatchObject([{ details: '{"limit": "sign_in_account"}' }])
    later(300_000)
    for (let time = 0; time < 15; time++) await guess()
    expect(await refusals()).toHaveLength(2)
  })
})

test('a refusal of an address is on record, and is nobody’s', async () => {
  const limited = await createTestApp({
    variables: DEFAULT_LIMITS,
    deps: { clock: tested.deps.clock, clientAddress: () => '192.0.2.78' },
  })
  for (let account = 0; account < 25; account++) {
    await limited.post('/login', { email: `a-${account}@example.com`, password: 'x' })
  }
  for (let account = 0; account < 15; account++) {
    const user = { username: `limited-${account}`, email: `limited-${account}@example.com` }
    await limited.post('/users', { ...user, full_name: 'Somebody', password: 'correct horse battery' })
  }
  const events = await database.sql(
    "select user_id, details from audit_events where type = 'limited' and ip_address = '192.0.2.78' order by id",
  )
  expect(events).toEqual([
    { user_id: null, details: '{"limit": "sign_in_address"}' },
    { user_id: null, details: '{"limit": "register_address"}' },
  ])
})

test('acts of administrators, with them as the actor', async () => {
  const [admin, subject] = [await appoint('admin'), await register()]
  await database.sql('update users set consecutive_failures = 100 where id = $1', [subject.id])
  const role = { description: 'Edits', permissions: ['users:read'] }
  await ask(admin, 'PUT', '/roles/editor', role)
  await ask(admin, 'PUT', `/users/${subject.id}/roles`, { roles: ['editor'] })
  await ask(admin, 'PUT', `/users/${subject.id}/roles`, { roles: [] })
  await ask(admin, 'DELETE', '/roles/editor')
  for (const status of ['disabled', 'active']) await ask(admin, 'PATCH', `/users/${subject.id}`, { status })
  await openSession(subject)
  await ask(admin, 'DELETE', `/users/${subject.id}/sessions`)
  await ask(admin, 'DELETE', `/users/${subject.id}`)
  const events = await database.sql('select * from audit_events where actor_id = $1 order by id', [admin.id])
  expect(events.slice(1).map(({ type, user_id }) => [type, user_id])).toEqual([
    ['role_changed', null],
    ['roles_changed', String(subject.id)],
    ['roles_changed', String(subject.id)],
    ['role_deleted', null],
    ['account_disabled', String(subject.id)],
    ['account_enabled', String(subject.id)],
    ['account_unlocked', String(subject.id)],
    ['session_ended', String(subject.id)],
    ['account_deleted', String(subject.id)],
  ])
  expect(new Set(events.map(({ session_id }) => session_id))).toEqual(new Set([sid(admin)]))
})

test('a refusal, and reads of other accounts', async () => {
  const [admin, subject] = [await appoint('admin'), await register()]
  const pair = await openSession(subject)
  expect((await send('GET', '/users', pair)).status).toBe(403)
  expect(await last(subject.id)).toMatchObject({ type: 'access_denied', session_id: sid(pair) })
  await ask(admin, 'GET', `/users/${subject.id}`)
  expect(await last(subject.id)).toMatchObject({ type: 'personal_data_read', actor_id: String(admin.id) })
  // The person reads that it was read, and not by whom or from where.
  const [item] = (await eventsOf(pair)).items
  expect(item).toMatchObject({
    ...{ type: 'personal_data_read', by_administrator: true, details: { data: 'account' } },
    ...{ session_id: null, ip_address: null },
  })
  expect(item).not.toHaveProperty('actor_id')
})

test('an event is there if and only if its act is (row 34)', async () => {
  const person = await register()
  const pair = await openSession(person)
  const before = await recorded(person.id)
  await database.sql('alter table audit_events rename to audit_events_away')
  try {
    const change = { current_password: person.password, new_password: 'quite another horse' }
    expect((await send('POST', '/users/me/password', pair, change)).status).toBe(500)
    expect((await post('/logout', { refresh_token: pair.refresh_token })).status).toBe(500)
    expect((await post('/login', { email: person.email, password: person.password })).status).toBe(500)
  } finally {
    await database.sql('alter table audit_events_away rename to audit_events')
  }
  expect(await recorded(person.id)).toEqual(before)
  expect((await as(pair).get('/users/me', agent)).status).toBe(200)
  await openSession(person)
})

test('guesses over all accounts, once an hour, if they reach the alarm (row 109)', async () => {
  const watched = await createTestApp({
    database: await createTestDatabase(),
    variables: { GUESSING_ALARM: '3' },
    deps: { clock: deps.clock },
  })
  const guess = async (accounts: number) => {
    for (let account = 0; account < accounts; account++)
      await watched.post('/login', { email: `guessed-${account}@example.com`, password: 'not it' })
  }
  const alarms = () =>
    watched.database.sql("select user_id, details from audit_events where type = 'guessing_suspected'")
  await guess(2)
  await runHourly(watched.deps, jobs)
  expect(await alarms()).toEqual([])
  await guess(1)
  await runHourly(watched.deps, jobs)
  await runHourly(watched.deps, jobs)
  const [alarm, another] = await alarms()
  expect(another).toBeUndefined()
  expect(JSON.parse(String(alarm?.['details']))).toEqual({ failed: 3, accounts: 0, networks: 1 })
  expect(watched.log.filter(({ event }) => event === 'guessing_suspected')).toEqual([
    { event: 'guessing_suspected', failed: 3, accounts: 0, networks: 1, seconds: 3600 },
  ])
  later(3_600_001)
  await runHourly(watched.deps, jobs)
  expect(await alarms()).toHaveLength(1)
})

test('an account that an administrator created names its creator', async () => {
  const admin = await appoint('admin')
  const closed = await createTestApp({ database, variables: { REGISTRATION: 'closed' } })
  closed.clock.now = clock.now
  const account = { username: 'created', email: 'created@example.com', full_name: 'Created' }
  const { id } = (await (await closed.as(admin).post('/users', account)).json()) as { id: number }
  expect(await last(id)).toMatchObject({
    type: 'account_created',
    actor_id: String(admin.id),
    session_id: sid(admin),
    details: '{}',
  })
})

describe('mail and recovery', () => {
  /** The token in the newest mail of a kind to an address. */
  const tokenFor = async (to: string, kind: string) =>
    (await tested.mailbox(to)).findLast((mail) => mail.kind === kind)?.token
  const done = async (response: Promise<Response>) => expect((await response).ok).toBe(true)
  const types = async (id: number) => (await recorded(id)).map(({ type }) => type)

  test('of a reset and its request, and that it verified the address', async () => {
    const { id, email } = await register()
    await done(post('/password-resets', { email }, agent))
    expect(await last(id)).toMatchObject({ type: 'password_reset_requested', user_agent: USER_AGENT })
    later(1000)
    const token = await tokenFor(email, 'password_reset')
    await done(post('/password-resets/confirm', { token, new_password: 'another battery staple' }, agent))
    expect((await types(id)).slice(-2).sort()).toEqual(['email_verified', 'password_reset'])
    expect(await last(id)).toMatchObject({ user_agent: USER_AGENT, actor_id: null, details: '{}' })
  })

  test('of verifying an address, changing it and undoing that: no address is in them', async () => {
    const person = await register()
    const pair = await openSession(person)
    later(1000)
    await done(send('POST', '/email-verifications', pair))
    expect(await last(person.id)).toMatchObject({
      type: 'email_verification_requested',
      session_id: sid(pair),
    })
    const token = await tokenFor(person.email, 'email_verification')
    await done(post('/email-verifications/confirm', { token }))
    expect((await last(person.id))?.['type']).toBe('email_verified')
    const newEmail = `new-${person.email}`
    await done(send('POST', '/users/me/email', pair, { new_email: newEmail, password: person.password }))
    expect(await last(person.id)).toMatchObject({ type: 'email_change_requested', session_id: sid(pair) })
    await done(post('/email-verifications/confirm', { token: await tokenFor(newEmail, 'email_change') }))
    expect((await last(person.id))?.['type']).toBe('email_changed')
    await done(post('/email-verifications/undo', { token: await tokenFor(person.email, 'email_changed') }))
    expect((await types(person.id)).slice(-2).sort()).toEqual([
      'email_change_undone',
      'password_reset_requested',
    ])
    expect(JSON.stringify(await recorded(person.id))).not.toContain('@')
  })

  test('of a registration that the address’s owner rejected: it outlives the account', async () => {
    const { id, email } = await register()
    await done(
      post('/email-verifications/reject', { token: await tokenFor(email, 'email_verification') }, agent),
    )
    expect(await last(id)).toMatchObject({ type: 'registration_rejected', user_agent: USER_AGENT })
  })

  test('of a link that an operator printed, without an actor', async () => {
    const { id, email } = await register()
    const db = deps.connect({ roundTrips: 0, milliseconds: 0 })
    await issuePasswordReset({ ...deps, db, client: NO_CLIENT }, { email })
    expect(await last(id)).toMatchObject({ type: 'password_reset_issued', actor_id: null, ip_address: null })
  })

  test('of a mail that could not be sent for a day: which, and not to whom', async () => {
    const { id, email } = await register()
    await database.sql(
      `update outbox set sent_at = null, locked_until = null, give_up_at = $1 where recipient = $2`,
      [clock.now.toISOString(), email],
    )
    const sending = await createTestApp({
      database,
      variables: { MAIL_URL: 'smtp://localhost:1', MAIL_FROM: 'no-reply@example.com' },
      deps: { clock: deps.clock },
    })
    await runFrequent(sending.deps, jobs)
    const event = await last(id)
    expect(event).toMatchObject({ type: 'delivery_given_up', ip_address: null })
    expect(JSON.parse(String(event?.['details']))).toEqual({ kind: 'mail', name: 'email_verification' })
  })
})

test('every type of event was seen by these tests', async () => {
  const seen = await database.sql('select distinct type from audit_events')
  // The alarm is raised over a database of its own.
  const types = [...seen.map(({ type }) => type), 'guessing_suspected']
  expect(types.sort()).toEqual(Object.keys(EVENTS).sort())
})
