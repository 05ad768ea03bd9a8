import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'

const tested = await createTestApp({ database: await createTestDatabase() })
const { database, register, openSession, clock } = tested
const { allow, appoint, ask } = administratorsOf(tested)
// May all that the other one may, and so sees from where they act.
const reader = await allow('audit:read', 'users:write', 'sessions:revoke')
const manager = await allow('users:write', 'sessions:revoke')

const start = clock.now
const at = (seconds: number) => new Date(start.getTime() + seconds * 1000)
const people = [await register(), await register()] as const
// Later than all that made them.
for (const [index, seconds] of [10, 20, 20, 30, 40].entries()) {
  clock.now = at(seconds)
  const { id } = people[index % 2 ? 1 : 0]
  if (index < 3) await ask(manager, 'PATCH', `/users/${id}`, { full_name: `Name ${index}` })
  else {
    await openSession(people[index % 2 ? 1 : 0])
    await ask(manager, 'DELETE', `/users/${id}/sessions`)
  }
}

const list = async (parameters: Record<string, string> = {}) =>
  (await ask(reader, 'GET', `/audit-events?${new URLSearchParams(parameters)}`)).body
const idsOf = async (where: string) =>
  (await database.sql(`select id from audit_events where ${where} order by occurred_at desc, id desc`)).map(
    ({ id }) => Number(id),
  )
const listed = async (parameters: Record<string, string>) =>
  (await list(parameters)).items.map(({ id }) => id)

describe('GET /audit-events', () => {
  test('shows what happened, to whom, and who did it', async () => {
    const [item] = (await list({ limit: '1' })).items
    expect(item).toEqual({
      id: expect.any(Number),
      occurred_at: at(40).toISOString(),
      type: 'session_ended',
      user_id: people[0].id,
      actor_id: manager.id,
      session_id: expect.any(String),
      ip_address: '203.0.113.7',
      user_agent: null,
      details: { sessions: 'all' },
    })
  })

  test('of a type, a person, an actor, a time, and of all of these', async () => {
    const [one] = people
    const pairs: [Record<string, string>, string][] = [
      [{ limit: '100' }, 'true'],
      [{ type: 'profile_changed' }, "type = 'profile_changed'"],
      [{ user_id: String(one.id) }, `user_id = ${one.id}`],
      [{ actor_id: String(manager.id) }, `actor_id = ${manager.id}`],
    ]
    for (const [parameters, where] of pairs) {
      // Before it is read, which is on record itself.
      const ids = await idsOf(where)
      expect(await listed(parameters)).toEqual(ids)
    }
    const both = { actor_id: String(manager.id), user_id: String(one.id), type: 'profile_changed' }
    expect(await listed(both)).toHaveLength(2)
    // From the first moment on, up to the second and without it.
    const range = { since: at(20).toISOString(), until: at(40).toISOString() }
    expect(await listed({ ...both, ...range })).toHaveLength(1)
    expect(await listed({ ...range, type: 'session_ended' })).toHaveLength(1)
    expect(await listed({ since: at(41).toISOString() })).toEqual([])
    expect(await listed({ since: at(20).toISOString().replace('Z', '+00:00'), limit: '100' })).toEqual(
      await idsOf(`occurred_at >= '${at(20).toISOString()}'`),
    )
  })

  test('goes through all by pages, events of one moment included', async () => {
    // The first time it is read adds an event to it.
    await list()
    const whole = await listed({ limit: '100' })
    for (const limit of ['1', '2', '3']) {
      const seen: unknown[] = []
      let cursor: string | null = null
      do {
        const page: Awaited<ReturnType<typeof list>> = await list({ limit, ...(cursor && { cursor }) })
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.next_cursor
      } while (cursor !== null)
      expect(seen).toEqual(whole)
    }
  })

  test('ends with a page that is full', async () => {
    const { items, next_cursor } = await list({ user_id: String(people[1].id), limit: '4' })
    expect([items.length, next_cursor]).toEqual([4, null])
    expect((await list({ user_id: String(people[1].id), limit: '3' })).next_cursor).not.toBeNull()
  })

  test('is one round trip beside the guard’s', async () => {
    await database.roundTrips()
    await list({ type: 'signed_in' })
    expect(await database.roundTrips()).toHaveLength(2)
  })

  test.each([
    'type=unknown',
    'type=',
    'user_id=0',
    'user_id=x',
    'user_id=2147483648',
    'actor_id=-1',
    'since=yesterday',
    'since=2026-11-24',
    'since=2026-11-24T12:00:00',
    'since=0000-01-01T00:00:00Z',
    'until=9999-12-31T23:59:59-14:00',
    'until=2026-02-30T00:00:00Z',
    'cursor=1',
    'cursor=a.b',
    'limit=0',
    'order=asc',
    'user_id=1&user_id=2',
  ])('refuses ?%s without reading events', async (query) => {
    await database.roundTrips()
    const { status, body } = await ask(reader, 'GET', `/audit-events?${query}`)
    expect([status, body['code']]).toEqual([422, 'validation_failed'])
    expect(await database.roundTrips()).toHaveLength(1)
  })
})

describe('the place of an act is hidden from a reader with fewer permissions', () => {
  const lesser = () => allow('audit:read')
  const eventsFor = async (caller: { access_token: string }, id: number) =>
    (await ask(caller, 'GET', `/audit-events?actor_id=${id}`)).body.items

  test('address, browser and session are left out, the act is not', async () => {
    const chief = await appoint('admin')
    const [subject, auditor] = [await register(), await lesser()]
    await ask(chief, 'PATCH', `/users/${subject.id}`, { full_name: 'Changed' })
    const items = await eventsFor(auditor, chief.id)
    expect(items.map(({ type }) => type)).toEqual(['profile_changed', 'signed_in'])
    for (const item of items)
      expect(item).toMatchObject({ actor_id: chief.id, ip_address: null, user_agent: null, session_id: null })
    for (const item of await eventsFor(await appoint('admin'), chief.id))
      expect(item).toMatchObject({ ip_address: '203.0.113.7', session_id: expect.any(String) })
    // What they may do now counts.
    await database.sql("delete from user_roles where user_id = $1 and role_name = 'admin'", [chief.id])
    for (const item of await eventsFor(auditor, chief.id)) expect(item['ip_address']).toBe('203.0.113.7')
  })

  test('nor of who tried an administrator’s password; of everybody else it is shown', async () => {
    const [chief, person, auditor] = [await appoint('admin'), await register(), await lesser()]
    for (const { email } of [chief, person])
      await tested.post('/login', { email, password: 'wrong password' })
    const failed = async (id: number) =>
      (await ask(auditor, 'GET', `/audit-events?type=sign_in_failed&user_id=${id}`)).body.items
    expect(await failed(chief.id)).toMatchObject([{ ip_address: null }])
    expect(await failed(person.id)).toMatchObject([{ ip_address: '203.0.113.7' }])
  })

  test('one’s own stay', async () => {
    const auditor = await lesser()
    for (const item of await eventsFor(auditor, auditor.id)) expect(item['ip_address']).toBe('203.0.113.7')
  })
})
