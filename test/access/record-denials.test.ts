import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, FRONTEND, payloadOf } from '../support/test-app.ts'

const tested = await createTestApp()
const { database, request, register, openSession, post, clock, deps } = tested
const { appoint, allow, ask, createRole } = administratorsOf(tested)

const denials = async (id: number) =>
  (
    await database.sql(
      "select * from audit_events where type = 'access_denied' and user_id = $1 order by id",
      [id],
    )
  ).map((event) => ({ ...event, details: JSON.parse(event['details'] ?? '') as Record<string, string> }))
const somebody = async () => {
  const person = await register()
  return { ...person, ...(await openSession(person)) }
}
const later = (milliseconds: number) => {
  clock.now = new Date(clock.now.getTime() + milliseconds)
}
type Somebody = Awaited<ReturnType<typeof somebody>>
/** A request that the person's browser sends for a page of another origin. */
const fromForeignPage = (path: string, { access_token }: Pick<Somebody, 'access_token'>, method = 'DELETE') =>
  request(path, {
    method,
    headers: { Cookie: `lumascope_8000_access=${access_token}`, Origin: 'https://evil.example' },
  })

describe('every refused permission is an audit event (row 104)', () => {
  test('a missing permission: whose, by which session, from where, and what for', async () => {
    const person = await somebody()
    expect((await ask(person, 'DELETE', '/users/2147483647')).status).toBe(403)
    expect(await denials(person.id)).toMatchObject([
      {
        ...{ actor_id: String(person.id), session_id: payloadOf(person.access_token)['sid'] },
        ip_address: '203.0.113.7',
        details: { code: 'forbidden', reason: 'permission', method: 'DELETE', route: '/users/{id}' },
      },
    ])
  })

  test('somebody who may do more, and permissions that one lacks', async () => {
    const chief = await appoint('admin')
    const manager = await allow('users:write', 'roles:write', 'sessions:revoke', 'roles:assign')
    const role = await createRole('users:delete')
    const { id } = await register()
    const refused: [string, string, unknown?][] = [
      ['PATCH', `/users/${chief.id}`, { full_name: 'Mine' }],
      ['GET', `/users/${chief.id}/sessions`],
      ['PUT', `/users/${id}/roles`, { roles: [role] }],
      ['PUT', `/roles/${role}`, { description: 'Mine', permissions: ['users:delete'] }],
    ]
    for (const [method, path, body] of refused)
      expect((await ask(manager, method, path, body)).status).toBe(403)
    const recorded = await denials(manager.id)
    expect(recorded.map(({ details }) => [details['route'], details['reason']])).toEqual([
      ['/users/{id}', 'outranked'],
      ['/users/{id}/sessions', 'outranked'],
      ['/users/{id}/roles', 'exceeds'],
      ['/roles/{name}', 'exceeds'],
    ])
    expect(await denials(chief.id)).toEqual([])
  })

  test('a foreign page that acts with their cookie (row 49)', async () => {
    const person = await somebody()
    expect((await fromForeignPage('/users/me/sessions', person)).status).toBe(403)
    const form = { Cookie: `lumascope_8000_access=${person.access_token}; lumascope_8000_refresh=x` }
    const refresh = await request('/refresh', { method: 'POST', headers: { ...form, Origin: 'null' } })
    expect(refresh.status).toBe(403)
    const recorded = await denials(person.id)
    expect(recorded.map(({ details }) => details)).toEqual([
      { code: 'origin_rejected', reason: 'origin', method: 'DELETE', route: '/users/me/sessions' },
      { code: 'origin_rejected', reason: 'origin', method: 'POST', route: '/refresh' },
    ])
    expect((await tested.me(person.access_token)).status).toBe(200)
  })
})

describe('a flood of refusals is one event', () => {
  test('an hour, for each account and each thing that was refused', async () => {
    const [person, other] = [await somebody(), await somebody()]
    for (let time = 0; time < 5; time++) await ask(person, 'GET', `/users/${time + 1}`)
    expect(await denials(person.id)).toHaveLength(1)
    await ask(person, 'GET', '/users')
    await ask(other, 'GET', '/users')
    expect([(await denials(person.id)).length, (await denials(other.id)).length]).toEqual([2, 1])
    later(3_599_999)
    Object.assign(person, await openSession(person))
    await ask(person, 'GET', '/users')
    expect(await denials(person.id)).toHaveLength(2)
    later(1)
    await ask(person, 'GET', '/users')
    expect(await denials(person.id)).toHaveLength(3)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('where all come at once, too, round %i', async () => {
    const person = await somebody()
    await Promise.all(Array.from({ length: 20 }, () => ask(person, 'GET', '/users')))
    expect(await denials(person.id)).toHaveLength(1)
  })

  test('all but the first write nothing, not even a lock', async () => {
    const person = await somebody()
    const rows = () =>
      database.sql("select xmin::text, xmax::text, * from rate_limits where key like 'denied:%' order by key")
    await ask(person, 'GET', '/users')
    const before = await rows()
    expect(before).not.toEqual([])
    await ask(person, 'GET', '/users')
    expect(await rows()).toEqual(before)
  })

  test('and beyond the flood limiter not a statement', async () => {
    const keys: string[] = []
    const limit = ({ key }: { key: string }) => {
      keys.push(key)
      return Promise.resolve({ success: keys.length < 2 })
    }
    const { keyRing, refreshKeys } = deps
    const limited = await createTestApp({
      deps: { keyRing, refreshKeys, clock: deps.clock, floodLimiter: { limit } },
    })
    const person = await somebody()
    const trips: number[] = []
    for (let time = 0; time < 3; time++) {
      await database.roundTrips()
      expect((await administratorsOf(limited).ask(person, 'GET', '/users')).status).toBe(403)
      trips.push((await database.roundTrips()).length)
    }
    expect(trips).toEqual([2, 1, 1])
    expect(new Set(keys)).toEqual(new Set([`denied:${person.id}`]))
  })
})

describe('nothing is on record', () => {
  const all = async () => Number((await database.sql('select count(*) from audit_events'))[0]?.['count'])

  test('of nobody: no query is spent on who is not signed in', async () => {
    const before = await all()
    await database.roundTrips()
    const forged = { access_token: 'a.b.c' }
    expect((await fromForeignPage('/users/me/sessions', forged)).status).toBe(403)
    expect((await post('/login?use_cookies=true', { email: 'a@b.c', password: 'x' })).status).toBe(403)
    expect((await request('/users')).status).toBe(401)
    expect(await database.roundTrips()).toEqual([])
    expect(await all()).toBe(before)
  })

  test('of a session that has ended', async () => {
    const person = await somebody()
    await post('/logout', { refresh_token: person.refresh_token })
    const before = await all()
    expect((await fromForeignPage('/users/me/sessions', person)).status).toBe(403)
    expect(await all()).toBe(before)
  })

  test('nothing that is allowed, not found, malformed or a wrong password is one', async () => {
    const [person, admin] = [await somebody(), await appoint('admin')]
    await ask(person, 'GET', '/users/me')
    await ask(person, 'DELETE', `/users/me/sessions/${crypto.randomUUID()}`)
    await ask(admin, 'GET', '/users/2147483647')
    await ask(admin, 'PUT', '/roles/user', { description: 'x', permissions: ['users:read'] })
    expect((await ask(person, 'DELETE', '/users/me', { password: 'not the password' })).status).toBe(403)
    const headers = { Cookie: `lumascope_8000_access=${person.access_token}`, Origin: FRONTEND }
    expect((await request('/users/me/sessions', { method: 'DELETE', headers })).status).toBe(204)
    expect([await denials(person.id), await denials(admin.id)]).toEqual([[], []])
  })
})

test('a refusal that can not be recorded is a refusal still', async () => {
  const person = await somebody()
  await database.sql('alter table audit_events rename to audit_events_away')
  try {
    expect((await ask(person, 'GET', '/users')).status).toBe(500)
    expect((await fromForeignPage('/users/me/sessions', person)).status).toBe(500)
  } finally {
    await database.sql('alter table audit_events_away rename to audit_events')
    tested.log.length = 0
  }
  expect((await tested.me(person.access_token)).status).toBe(200)
})
