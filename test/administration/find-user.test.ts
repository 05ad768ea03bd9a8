import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, payloadOf } from '../support/test-app.ts'

const tested = await createTestApp()
const { database, register, openSession, clock } = tested
const { appoint, allow, ask } = administratorsOf(tested)

const readings = async (actorId: number) =>
  await database.sql(
    "select * from audit_events where type = 'personal_data_read' and actor_id = $1 order by id",
    [actorId],
  )
const later = (milliseconds: number) => {
  clock.now = new Date(clock.now.getTime() + milliseconds)
}

const READS: [data: string, path: (id: number) => string, isAboutOne: boolean][] = [
  ['account', (id) => `/users/${id}`, true],
  ['sessions', (id) => `/users/${id}/sessions`, true],
  ['events', (id) => `/audit-events?user_id=${id}`, true],
  ['events', (id) => `/audit-events?actor_id=${id}`, true],
  ['events', () => '/audit-events?type=signed_in', false],
  ['accounts', () => '/users?query=person', false],
]

describe('reading personal data by administrators is on record, in the statement that reads', () => {
  test.each(READS)(
    '%s: who read of whom, and by which session, but not what it said',
    async (data, path, isAboutOne) => {
      const [admin, subject] = [await appoint('admin'), await register()]
      await openSession(subject)
      await database.roundTrips()
      expect((await ask(admin, 'GET', path(subject.id))).status).toBe(200)
      // The guard's, and the one that reads and records.
      const trips = await database.roundTrips()
      expect(trips).toHaveLength(2)
      expect(trips[1]?.[0]).toMatch(/insert into "lumascope"\."audit_events"/)
      const events = await readings(admin.id)
      expect(events).toMatchObject([
        {
          ...{ user_id: isAboutOne ? String(subject.id) : null, details: `{"data": "${data}"}` },
          ...{ session_id: payloadOf(admin.access_token)['sid'], ip_address: '203.0.113.7' },
        },
      ])
      expect(JSON.stringify(events)).not.toContain('example.com')
    },
  )

  test.each(READS)('%s: once an hour, however often', async (_, path) => {
    const [admin, subject] = [await appoint('admin'), await register()]
    const read = () => ask(admin, 'GET', path(subject.id))
    for (let time = 0; time < 3; time++) await read()
    expect(await readings(admin.id)).toHaveLength(1)
    later(3_599_999)
    // Access tokens have a shorter life.
    Object.assign(admin, await openSession(admin))
    await read()
    expect(await readings(admin.id)).toHaveLength(1)
    later(1)
    await read()
    expect(await readings(admin.id)).toHaveLength(2)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('once, too, if all read at once, round %i', async () => {
    const [admin, subject] = [await appoint('admin'), await register()]
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask(admin, 'GET', `/users/${subject.id}`)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(await readings(admin.id)).toHaveLength(1)
  })

  test('all pages are one event; another person, other data or another reader is another one', async () => {
    const admin = await allow('users:read', 'sessions:revoke')
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await ask(admin, 'GET', `/users?limit=5${cursor && `&cursor=${cursor}`}`)
      cursor = body.next_cursor
    }
    expect(await readings(admin.id)).toHaveLength(1)
    const [one, two] = [await register(), await register()]
    for (const path of [`/users/${one.id}`, `/users/${two.id}`, `/users/${one.id}/sessions`])
      await ask(admin, 'GET', path)
    expect(await readings(admin.id)).toHaveLength(4)
    const other = await allow('users:read')
    await ask(other, 'GET', `/users/${one.id}`)
    expect(await readings(other.id)).toHaveLength(1)
  })

  test('an unknown id, a refused request and a cursor of another list are no event', async () => {
    const admin = await allow('users:read', 'sessions:revoke')
    const chief = await appoint('admin')
    const paths: [string, number][] = [
      ['/users/2147483647', 404],
      ['/users/2147483647/sessions', 404],
      [`/users/${chief.id}/sessions`, 403],
      ['/audit-events', 403],
      ['/users?cursor=x', 422],
    ]
    for (const [path, status] of paths) expect((await ask(admin, 'GET', path)).status, path).toBe(status)
    expect(await readings(admin.id)).toEqual([])
  })

  test('reading one’s own account is no event', async () => {
    const admin = await appoint('admin')
    for (const path of [
      `/users/${admin.id}`,
      `/users/${admin.id}/sessions`,
      `/audit-events?user_id=${admin.id}`,
    ])
      expect((await ask(admin, 'GET', path)).status).toBe(200)
    expect(await readings(admin.id)).toEqual([])
  })

  test('without its record nothing is read', async () => {
    const [admin, subject] = [await appoint('admin'), await register()]
    await database.sql('alter table audit_events rename to audit_events_away')
    try {
      for (const path of [`/users/${subject.id}`, '/users', `/users/${subject.id}/sessions`]) {
        const { status, body } = await ask(admin, 'GET', path)
        expect([status, body['code']]).toEqual([500, 'internal_error'])
        expect(JSON.stringify(body)).not.toContain(subject.email)
      }
    } finally {
      await database.sql('alter table audit_events_away rename to audit_events')
      tested.log.length = 0
    }
  })
})

test('who outranks the reader is in the directory all the same: names, address of mail, roles', async () => {
  const [reader, chief] = [await allow('users:read'), await appoint('admin')]
  const { status, body } = await ask(reader, 'GET', `/users/${chief.id}`)
  expect([status, body['email'], body['roles']]).toEqual([200, chief.email, ['admin', 'user']])
  expect(body).not.toHaveProperty('ip_address')
  const { body: found } = await ask(reader, 'GET', `/users?query=${chief.username}`)
  expect(found.items.map(({ id }) => id)).toContain(chief.id)
})
