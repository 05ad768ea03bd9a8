import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, DEFAULT_LIMITS, newPerson } from '../support/test-app.ts'

const tested = await createTestApp({
  variables: { ...DEFAULT_LIMITS, LIMIT_REGISTER_ADDRESS: '10000/60', LIMIT_SIGN_IN_ADDRESS: '10000/60' },
})
const { app, post, as, register, openSession, database, clock } = tested
const { appoint, ask } = administratorsOf(tested)
const eventsOf = async (id: number) =>
  (await database.sql('select type from audit_events where user_id = $1 order by id', [id])).map(
    ({ type }) => type,
  )
const signedIn = async () => {
  const person = await register()
  return { ...person, ...(await openSession(person)) }
}
const later = (seconds: number) => {
  clock.now = new Date(clock.now.getTime() + seconds * 1000)
}

/** Paths that ask for no session: other limits count their requests. */
const OPEN =
  /\/(login|refresh|logout)$|^\/(users|dev\/mail|password-resets(\/confirm)?|email-verifications\/\w+)$/

describe('the limit on changes of a signed-in account (row 94)', () => {
  test('is limited on every route but GET: the guard refuses the 61st request in a minute', async () => {
    const routes = app.routes.filter(({ method }) => !['ALL', 'GET'].includes(method))
    const guarded = [
      ...new Map(routes.map((route) => [`${route.method} ${route.path}`, route])).values(),
    ].filter(({ path }) => !OPEN.test(path))
    expect(guarded.length).toBeGreaterThan(8)
    for (const { method, path } of guarded) {
      const admin = await appoint('admin')
      await database.sql('delete from rate_limits')
      const target = path.replace(/:id\{.*?\}(?=\/|$)/, '999999').replaceAll(/:\w+/g, crypto.randomUUID())
      // Or the caller's own session would end with the first.
      const query = path === '/users/me/sessions' ? '?keep_current=true' : ''
      const statuses = [(await ask(admin, method, target + query, {})).status]
      // As if it had been sent so often, which the other tests do: each time costs as much as the first.
      await database.sql(
        `update rate_limits
         set theoretical_arrival_at = $1::timestamptz + (theoretical_arrival_at - $1::timestamptz) * $2::int
         where key not like 'mail%'`,
        [clock.now.toISOString(), 59],
      )
      for (let time = 60; time <= 61; time++)
        statuses.push((await ask(admin, method, target + query, {})).status)
      expect(statuses.slice(0, -1), `${method} ${path}`).not.toContain(429)
      expect(statuses.at(-1), `${method} ${path}`).toBe(429)
      await database.roundTrips()
      const refused = await ask(admin, method, target + query, {})
      expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/)
      expect(refused.body).toMatchObject({ code: 'rate_limited' })
      // The guard's own statement refuses: nothing came after it.
      expect(await database.roundTrips()).toHaveLength(1)
    }
  })

  test('leaves reading alone, and other accounts', async () => {
    const [one, other] = [await signedIn(), await signedIn()]
    for (let time = 0; time < 61; time++)
      await ask(one, 'DELETE', `/users/me/sessions/${crypto.randomUUID()}`)
    expect((await ask(one, 'DELETE', '/users/me/sessions')).status).toBe(429)
    expect((await ask(one, 'GET', '/users/me')).status).toBe(200)
    expect((await ask(other, 'DELETE', '/users/me/sessions?keep_current=true')).status).toBe(204)
    later(1)
    expect((await ask(one, 'DELETE', '/users/me/sessions?keep_current=true')).status).toBe(204)
  })

  test('a flood of refusals is one event', async () => {
    const person = await signedIn()
    for (let time = 0; time < 80; time++)
      await ask(person, 'DELETE', `/users/me/sessions/${crypto.randomUUID()}`)
    expect((await eventsOf(person.id)).filter((type) => type === 'limited')).toHaveLength(1)
  })

  test('a stolen token can’t use up what its owner ends it with, nor the change of the password', async () => {
    const owner = await signedIn()
    const stolen = await openSession(owner)
    for (let time = 0; time < 61; time++) {
      await ask(stolen, 'DELETE', '/users/me', {})
      await ask(stolen, 'DELETE', `/users/me/sessions/${crypto.randomUUID()}`)
      await ask(stolen, 'POST', '/users/me/password', {})
    }
    expect((await ask(stolen, 'DELETE', '/users/me', {})).status).toBe(429)
    expect((await ask(stolen, 'DELETE', '/users/me/sessions')).status).toBe(429)
    const change = { current_password: owner.password, new_password: 'quite another horse' }
    expect((await ask(owner, 'POST', '/users/me/password', change)).status).toBe(200)
    expect((await ask(stolen, 'GET', '/users/me')).status).toBe(401)
  })

  test('is not spent by a token of a session that has ended', async () => {
    const person = await signedIn()
    const ended = await openSession(person)
    await as(ended).post('/logout', {})
    for (let time = 0; time < 70; time++)
      expect((await ask(ended, 'DELETE', '/users/me/sessions')).status).toBe(401)
    expect((await ask(person, 'DELETE', '/users/me/sessions?keep_current=true')).status).toBe(204)
  })

  test('asking for usernames by changing one’s own is limited like registering: ten an hour', async () => {
    const [person, taken] = [await signedIn(), await register()]
    const statuses = []
    for (let time = 0; time < 12; time++)
      statuses.push((await ask(person, 'PATCH', '/users/me', { username: taken.username })).status)
    expect(statuses).toEqual([...Array(10).fill(409), 429, 429])
    const rename = { username: `${person.username}-2` }
    later(359.999)
    expect((await ask(person, 'PATCH', '/users/me', rename)).status).toBe(429)
    // What shows nothing about others has no such limit.
    expect((await ask(person, 'PATCH', '/users/me', { full_name: 'X' })).status).toBe(200)
    later(0.001)
    expect((await ask(person, 'PATCH', '/users/me', rename)).status).toBe(200)
  })
})

describe('an act that changed nothing', () => {
  test('an act without effect is no event', async () => {
    const person = await signedIn()
    const before = await eventsOf(person.id)
    for (let time = 0; time < 5; time++)
      expect((await ask(person, 'DELETE', '/users/me/sessions?keep_current=true')).status).toBe(204)
    const { username, full_name } = person
    const [row] = await database.sql('select updated_at from users where id = $1', [person.id])
    expect((await ask(person, 'PATCH', '/users/me', { username, full_name })).status).toBe(200)
    expect(await database.sql('select updated_at from users where id = $1', [person.id])).toEqual([row])
    expect(await eventsOf(person.id)).toEqual(before)
    // One other session is something.
    await openSession(person)
    await ask(person, 'DELETE', '/users/me/sessions?keep_current=true')
    expect(await eventsOf(person.id)).toEqual([...before, 'signed_in', 'session_ended'])
  })

  test('nor for who administers: a profile, a status and sessions as they were', async () => {
    const [admin, person] = [await appoint('admin'), await register()]
    const before = await eventsOf(person.id)
    const { username, full_name } = person
    expect((await ask(admin, 'PATCH', `/users/${person.id}`, { username, full_name })).status).toBe(200)
    expect((await ask(admin, 'PATCH', `/users/${person.id}`, { status: 'active' })).status).toBe(200)
    expect((await ask(admin, 'DELETE', `/users/${person.id}/sessions`)).status).toBe(204)
    expect(await eventsOf(person.id)).toEqual(before)
  })
})

test('the 61st refresh of a session in a minute is refused without a query', async () => {
  const person = await signedIn()
  let token = person.refresh_token
  for (let time = 0; time < 60; time++) {
    const response = await post('/refresh', { refresh_token: token })
    token = ((await response.json()) as { refresh_token: string }).refresh_token
  }
  await database.roundTrips()
  const refused = await post('/refresh', { refresh_token: token })
  expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '1'])
  expect(await database.roundTrips()).toEqual([])
  // Nobody was signed out, and the next one goes on.
  later(1)
  expect((await post('/refresh', { refresh_token: token })).status).toBe(200)
})

describe('a page of another origin (row 93)', () => {
  test.each([
    ['Origin', { Origin: 'https://evil.example' }],
    ['Sec-Fetch-Site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['Origin: null', { Origin: 'null' }],
  ])(
    'that posts a hundred times from its visitor’s browser spends nothing of theirs (%s)',
    async (_, headers) => {
      const { createMemoryLimiter } = await import('../../src/limits/memory-limiter.ts')
      const behind = await createTestApp({
        variables: { ...DEFAULT_LIMITS, LIMIT_REGISTER_ADDRESS: '10000/60' },
        deps: {
          clientAddress: () => '192.0.2.77',
          floodLimiter: createMemoryLimiter({ count: 100, seconds: 60 }, () => 0),
        },
      })
      const person = await behind.register()
      await behind.database.roundTrips()
      behind.hasher.count = 0
      const before = await database.sql('select * from rate_limits order by key')
      for (const [path, body] of [
        ['/login', { email: person.email, password: 'not the password' }],
        ['/login', ''],
        ['/users', newPerson()],
        ['/users', ''],
      ] as const) {
        for (let time = 0; time < 100; time++)
          expect((await behind.post(path, body, headers as Record<string, string>)).status).not.toBe(429)
      }
      expect(await behind.database.roundTrips()).toEqual([])
      expect(behind.hasher.count).toBe(0)
      expect(await database.sql('select * from rate_limits order by key')).toEqual(before)
      expect((await behind.post('/login', person)).status).toBe(422)
      const { email, password } = person
      expect((await behind.post('/login', { email, password })).status).toBe(200)
    },
  )

  test('a known browser signs in although others have emptied the bucket of its address', async () => {
    const { createMemoryLimiter } = await import('../../src/limits/memory-limiter.ts')
    const { deviceOf } = await import('../support/guessing.ts')
    const behind = await createTestApp({
      deps: {
        clientAddress: () => '192.0.2.78',
        floodLimiter: createMemoryLimiter({ count: 10, seconds: 60 }, () => 0),
      },
    })
    const { email, password } = await behind.register()
    const device = deviceOf(await behind.post('/login', { email, password }))
    for (let time = 0; time < 12; time++)
      await behind.post('/login', { email: 'x@example.com', password: 'x' })
    expect((await behind.post('/login', { email, password })).status).toBe(429)
    expect((await behind.post('/login', { email, password }, device)).status).toBe(200)
    // Registering has a limit of its own.
    expect((await behind.post('/users', newPerson())).status).toBe(201)
  })
})
