import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'

const tested = await createTestApp()
const { database, register, openSession, post, me, clock } = tested
const { appoint, allow, ask } = administratorsOf(tested)
const admin = await appoint('admin')
const writer = await allow('users:write')

const rowOf = async (id: number) => (await database.sql('select * from users where id = $1', [id]))[0]
const eventsOf = async (id: number) =>
  await database.sql('select * from audit_events where user_id = $1 order by id', [id])
const patch = (id: number, body: object, caller: { access_token: string } = writer) =>
  ask(caller, 'PATCH', `/users/${id}`, body)
const later = () => {
  clock.now = new Date(clock.now.getTime() + 1000)
}

describe('PATCH /users/{id}', () => {
  test('that changes nothing leaves the time of the last change, so that a retry does', async () => {
    const { id } = await register()
    const disable = () => patch(id, { status: 'disabled', disabled_reason: 'Spam' })
    const first = await disable()
    later()
    expect((await disable()).body).toEqual(first.body)
  })

  test('changes the profile, and says who did it', async () => {
    const { id, email } = await register()
    later()
    const { status, body } = await patch(id, { username: `renamed${id}`, full_name: 'Some Body' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id,
      email,
      username: `renamed${id}`,
      full_name: 'Some Body',
      status: 'active',
    })
    expect(body['updated_at']).toBe(clock.now.toISOString())
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      type: 'profile_changed',
      actor_id: String(writer.id),
      details: '{"members": ["username", "full_name"]}',
      ip_address: '203.0.113.7',
    })
    expect((await ask(admin, 'GET', `/users/${id}`)).body).toEqual(body)
  })

  test('is two round trips, whatever it changes', async () => {
    const { id } = await register()
    for (const body of [{ full_name: 'X' }, { status: 'disabled' }, { status: 'active' }]) {
      await database.roundTrips()
      await patch(id, body)
      const trips = await database.roundTrips()
      expect(trips).toHaveLength(2)
      // The deadline, the lock and the act travel together.
      expect(trips[1]).toHaveLength(3)
    }
  })

  test('refuses a username that is taken, and changes nothing', async () => {
    const [one, other] = [await register(), await register()]
    const before = await rowOf(one.id)
    const events = await eventsOf(one.id)
    const { status, body } = await patch(one.id, {
      username: other.username.toUpperCase(),
      status: 'disabled',
    })
    expect([status, body['code']]).toEqual([409, 'username_taken'])
    expect(body['errors']).toMatchObject([{ pointer: '/username' }])
    expect(await rowOf(one.id)).toEqual(before)
    expect(await eventsOf(one.id)).toEqual(events)
  })

  test('refuses every other field, and changes nothing (row 21)', async () => {
    const { id } = await register()
    const before = await rowOf(id)
    const columns = Object.keys(before ?? {}).filter(
      (name) => !['username', 'full_name', 'disabled_reason'].includes(name),
    )
    for (const name of [...columns, 'password', 'roles', 'role', 'email_verified', 'is_admin', '__proto__']) {
      const body = `{"full_name":"X","${name}":"1"}`
      const response = await tested.as(admin).patch(`/users/${id}`, body)
      expect(response.status, name).toBe(422)
    }
    expect(await rowOf(id)).toEqual(before)
  })

  test.each([
    {},
    { status: 'locked' },
    { status: null },
    { disabled_reason: '' },
    { disabled_reason: 'x'.repeat(501), status: 'disabled' },
    { disabled_reason: 'a\u0000b', status: 'disabled' },
    { username: 'x' },
    { full_name: '' },
    [],
  ])('refuses %j without a second query', async (body) => {
    const { id } = await register()
    await database.roundTrips()
    expect((await patch(id, body)).status).toBe(422)
    expect(await database.roundTrips()).toHaveLength(1)
  })
})

describe('disabling', () => {
  test('ends every session at once, and enabling brings none back (row 68)', async () => {
    const person = await register()
    const sessions = [await openSession(person), await openSession(person)]
    const { body } = await patch(person.id, { status: 'disabled', disabled_reason: 'Sends spam' })
    expect(body).toMatchObject({ status: 'disabled', disabled_reason: 'Sends spam' })
    const everythingFails = async () => {
      for (const { access_token, refresh_token } of sessions) {
        expect((await me(access_token)).status).toBe(401)
        expect((await post('/refresh', { refresh_token })).status).toBe(401)
      }
    }
    await everythingFails()
    const signIn = () => post('/login', { email: person.email, password: person.password })
    expect((await signIn()).status).toBe(401)
    expect((await patch(person.id, { status: 'active' })).body).toMatchObject({
      status: 'active',
      disabled_reason: null,
    })
    await everythingFails()
    expect((await signIn()).status).toBe(200)
    const types = (await eventsOf(person.id)).map(({ type }) => type)
    expect(types.filter((type) => type?.startsWith('account_'))).toEqual([
      'account_disabled',
      'account_enabled',
    ])
  })

  test('twice keeps the first time and ends no session, and records only a new reason', async () => {
    const { id } = await register()
    await patch(id, { status: 'disabled' })
    const first = await rowOf(id)
    later()
    await patch(id, { status: 'disabled' })
    expect(await rowOf(id)).toMatchObject({
      disabled_at: first?.['disabled_at'],
      auth_version: first?.['auth_version'],
    })
    await patch(id, { disabled_reason: 'Asked for it' })
    await patch(id, { disabled_reason: null })
    const types = (await eventsOf(id)).map(({ type }) => type)
    expect(types).toEqual(['registered', 'account_disabled', 'account_disabled', 'account_disabled'])
  })

  test('takes a reason only for an account that is disabled', async () => {
    const { id } = await register()
    const before = await rowOf(id)
    for (const body of [{ disabled_reason: 'Why' }, { status: 'active', disabled_reason: 'Why' }]) {
      const { status, body: problem } = await patch(id, body)
      expect([status, problem['code']]).toEqual([422, 'validation_failed'])
      expect(problem['errors']).toMatchObject([{ pointer: '/disabled_reason' }])
    }
    expect(await rowOf(id)).toEqual(before)
    // None is none.
    expect((await patch(id, { status: 'active', disabled_reason: null })).status).toBe(200)
  })

  test('the reason is not shown to the person, and nobody’s events tell it', async () => {
    const person = await register()
    await patch(person.id, { status: 'disabled', disabled_reason: 'Secret suspicion' })
    await patch(person.id, { status: 'active' })
    const session = await openSession(person)
    const own = await ask(session, 'GET', '/users/me')
    expect(Object.keys(own.body)).not.toContain('disabled_reason')
    const texts = [
      JSON.stringify((await ask(session, 'GET', '/users/me/events')).body),
      JSON.stringify(await eventsOf(person.id)),
    ]
    for (const text of texts) expect(text).not.toContain('Secret suspicion')
  })

  test('active opens an account that a hundred wrong passwords locked, and says so', async () => {
    const person = await register()
    await database.sql('update users set consecutive_failures = 100 where id = $1', [person.id])
    const signIn = async () =>
      (await post('/login', { email: person.email, password: person.password })).status
    expect(await signIn()).toBe(401)
    await patch(person.id, { full_name: 'Still Locked' })
    expect(await signIn()).toBe(401)
    await patch(person.id, { status: 'active' })
    expect(await signIn()).toBe(200)
    const unlocked = async () => (await eventsOf(person.id)).filter(({ type }) => type === 'account_unlocked')
    expect(await unlocked()).toHaveLength(1)
    // Nobody helps a guesser along without being on record, and nothing is put there that did not happen.
    await database.sql('update users set consecutive_failures = 99 where id = $1', [person.id])
    for (let time = 0; time < 2; time++) await patch(person.id, { status: 'active' })
    expect(await unlocked()).toHaveLength(2)
  })
})

test('nobody changes an account with a permission that they lack (row 65)', async () => {
  const before = await rowOf(admin.id)
  for (const body of [{ status: 'disabled' }, { username: 'stolen' }, { full_name: 'Stolen' }]) {
    const { status, body: problem } = await patch(admin.id, body)
    expect([status, problem['code']]).toEqual([403, 'forbidden'])
  }
  expect(await rowOf(admin.id)).toEqual(before)
  // Whoever may do no more is changed.
  expect((await patch((await allow('users:write')).id, { full_name: 'Colleague' })).status).toBe(200)
})

test('GET /users/{id} is one round trip beside the guard’s', async () => {
  const { id } = await register()
  await database.roundTrips()
  expect((await ask(admin, 'GET', `/users/${id}`)).status).toBe(200)
  expect(await database.roundTrips()).toHaveLength(2)
})
