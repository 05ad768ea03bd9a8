import { expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'

const tested = await createTestApp()
const { database, register, openSession, me, post } = tested
const { allow, appoint, ask } = administratorsOf(tested)
const revoker = await allow('sessions:revoke')

test('shows where somebody is signed in', async () => {
  const person = await register()
  expect((await ask(revoker, 'GET', `/users/${person.id}/sessions`)).body).toEqual({ items: [] })
  const session = await openSession(person)
  const { status, body } = await ask(revoker, 'GET', `/users/${person.id}/sessions`)
  expect(status).toBe(200)
  const own = await ask(session, 'GET', '/users/me/sessions')
  expect(body.items).toEqual(own.body.items.map((item) => ({ ...item, current: false })))
  expect((await ask(revoker, 'GET', `/users/${revoker.id}/sessions`)).body.items).toMatchObject([
    { current: true },
  ])
})

test('ends them all at once, in two round trips, and records who did', async () => {
  const person = await register()
  const sessions = [await openSession(person), await openSession(person)]
  await database.roundTrips()
  expect((await ask(revoker, 'DELETE', `/users/${person.id}/sessions`)).status).toBe(204)
  expect(await database.roundTrips()).toHaveLength(2)
  for (const { access_token, refresh_token } of sessions) {
    expect((await me(access_token)).status).toBe(401)
    expect((await post('/refresh', { refresh_token })).status).toBe(401)
  }
  expect((await ask(revoker, 'GET', `/users/${person.id}/sessions`)).body).toEqual({ items: [] })
  const next = await openSession(person)
  expect((await me(next.access_token)).status).toBe(200)
  const events = await database.sql(
    "select * from audit_events where user_id = $1 and type = 'session_ended'",
    [person.id],
  )
  expect(events).toMatchObject([{ actor_id: String(revoker.id), details: '{"sessions": "all"}' }])
})

test('the person reads that an administrator did it, and nothing of theirs', async () => {
  const person = await register()
  await openSession(person)
  const headers = { 'User-Agent': 'Browser of the administrator' }
  await tested.as(revoker).delete(`/users/${person.id}/sessions`, undefined, headers)
  const { body } = await ask(await openSession(person), 'GET', '/users/me/events')
  expect(body.items.find(({ type }) => type === 'session_ended')).toMatchObject({
    by_administrator: true,
    session_id: null,
    ip_address: null,
    user_agent: null,
    details: { sessions: 'all' },
  })
  expect(body.items.find(({ type }) => type === 'signed_in')).toMatchObject({ by_administrator: false })
})

test('is refused if they have a permission that the caller lacks (row 65)', async () => {
  const other = await allow('users:read')
  expect((await ask(revoker, 'DELETE', `/users/${other.id}/sessions`)).status).toBe(403)
  expect((await me(other.access_token)).status).toBe(200)
})

test('the sessions of such an account can neither be ended nor read (rows 65, 103)', async () => {
  const chief = await appoint('admin')
  const answers = [
    await ask(revoker, 'GET', `/users/${chief.id}/sessions`),
    await ask(revoker, 'DELETE', `/users/${chief.id}/sessions`),
  ]
  for (const { status, body } of answers)
    expect([status, body['code'], body['detail']]).toEqual([
      403,
      'forbidden',
      'They may do what you may not.',
    ])
  expect(JSON.stringify(answers)).not.toContain('203.0.113.7')
  expect((await me(chief.access_token)).status).toBe(200)
  const events = await database.sql('select type from audit_events where user_id = $1', [chief.id])
  expect(events.map(({ type }) => type)).toEqual(['registered', 'signed_in'])
  // An administrator sees them.
  const other = await appoint('admin')
  expect((await ask(other, 'GET', `/users/${chief.id}/sessions`)).body.items).toHaveLength(1)
})
