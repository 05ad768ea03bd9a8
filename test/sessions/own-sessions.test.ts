import { describe, expect, test } from 'vitest'
import { CLIENT_ADDRESS, createTestApp, newPerson, payloadOf, type TokenPair } from '../support/test-app.ts'

const { post, request, as, me, register, openSession, database, clock } = await createTestApp()

type Session = { id: string; current: boolean }
const remove = (path: string, pair: TokenPair) => as(pair).delete(path)
const list = async (pair: TokenPair) => {
  const response = await as(pair).get('/users/me/sessions')
  expect(response.status).toBe(200)
  return ((await response.json()) as { items: Session[] }).items
}
const works = async (pair: TokenPair) => (await me(pair.access_token)).status === 200
const idOf = (pair: TokenPair) => String(payloadOf(pair.access_token)['sid'])

describe('GET /users/me/sessions', () => {
  test('shows where and since when, and which is this one', async () => {
    const person = await register()
    const response = await post(
      '/login',
      { email: person.email, password: person.password },
      { 'User-Agent': `Browser ${'x'.repeat(400)}` },
    )
    const first = (await response.json()) as TokenPair
    const second = await openSession(person)
    const items = await list(second)
    expect(items).toHaveLength(2)
    expect(items.find(({ current }) => current)?.id).toBe(idOf(second))
    expect(items.find(({ id }) => id === idOf(first))).toEqual({
      id: idOf(first),
      created_at: clock.now.toISOString(),
      last_used_at: clock.now.toISOString(),
      expires_at: new Date(clock.now.getTime() + 604_800_000).toISOString(),
      ip_address: CLIENT_ADDRESS,
      user_agent: `Browser ${'x'.repeat(248)}`,
      current: false,
    })
  })

  test('shows live sessions only, and nobody else’s (row 66)', async () => {
    const person = await register()
    const [gone, here] = [await openSession(person), await openSession(person)]
    await openSession(await register())
    await post('/logout', { refresh_token: gone.refresh_token })
    expect((await list(here)).map(({ id }) => id)).toEqual([idOf(here)])
  })
})

describe('DELETE /users/me/sessions/{id}', () => {
  test('ends that session and no other', async () => {
    const person = await register()
    const [one, two] = [await openSession(person), await openSession(person)]
    expect((await remove(`/users/me/sessions/${idOf(one)}`, two)).status).toBe(204)
    expect([await works(one), await works(two)]).toEqual([false, true])
    expect((await post('/refresh', { refresh_token: one.refresh_token })).status).toBe(401)
  })

  test("answers the same for another person's session, an ended one and nonsense (row 66)", async () => {
    const mine = await openSession(await register())
    const theirs = await openSession(await register())
    const ids = [idOf(theirs), crypto.randomUUID(), 'nonsense', "' or 1=1 --", idOf(theirs).toUpperCase()]
    const bodies = new Set<string>()
    for (const id of ids) {
      const response = await remove(`/users/me/sessions/${encodeURIComponent(id)}`, mine)
      expect(response.status, id).toBe(404)
      bodies.add((await response.text()).replace(/urn:uuid:[^"]+/, ''))
    }
    expect(bodies.size).toBe(1)
    expect(await works(theirs)).toBe(true)
  })
})

describe('DELETE /users/me/sessions', () => {
  test('ends all of them', async () => {
    const person = await register()
    const pairs = [await openSession(person), await openSession(person)]
    const stranger = await openSession(await register())
    expect((await remove('/users/me/sessions', pairs[0] as TokenPair)).status).toBe(204)
    expect(await Promise.all(pairs.map(works))).toEqual([false, false])
    expect(await works(stranger)).toBe(true)
  })

  test('keeps this one if asked to, with its refresh token', async () => {
    const person = await register()
    const [one, two] = [await openSession(person), await openSession(person)]
    expect((await remove('/users/me/sessions?keep_current=true', two)).status).toBe(204)
    expect([await works(one), await works(two)]).toEqual([false, true])
    expect((await post('/refresh', { refresh_token: two.refresh_token })).status).toBe(200)
    expect(await list(two)).toHaveLength(1)
  })

  test.each(['?keep_current=yes', '?keep_current=true&keep_current=false', '?keep=true'])(
    'refuses %s and ends nothing',
    async (query) => {
      const pair = await openSession(await register())
      expect((await remove(`/users/me/sessions${query}`, pair)).status).toBe(422)
      expect(await works(pair)).toBe(true)
    },
  )
})

describe('POST /logout', () => {
  const logout = (body: object | undefined, headers: Record<string, string> = {}) =>
    body ? post('/logout', body, headers) : request('/logout', { method: 'POST', headers })

  test.each([
    ['its refresh token', (pair: TokenPair) => logout({ refresh_token: pair.refresh_token })],
    ['its access token', (pair: TokenPair) => as(pair).post('/logout')],
    ['its access token and an empty object', (pair: TokenPair) => as(pair).post('/logout', {})],
    [
      'a form',
      (pair: TokenPair) =>
        request('/auth/logout/', {
          method: 'POST',
          body: new URLSearchParams({ refresh_token: pair.refresh_token }),
        }),
    ],
  ])('ends the session of %s, once and for all (row 88)', async (_, send) => {
    const person = await register()
    const [pair, other] = [await openSession(person), await openSession(person)]
    for (let time = 0; time < 2; time++) {
      const response = await send(pair)
      expect(response.status).toBe(204)
      expect(await response.text()).toBe('')
    }
    expect([await works(pair), await works(other)]).toEqual([false, true])
    expect((await post('/refresh', { refresh_token: pair.refresh_token })).status).toBe(401)
  })

  test.each([
    ['nothing', undefined, {}],
    ['a forged refresh token', { refresh_token: 'A'.repeat(70) }, {}],
    ['a forged access token', undefined, { Authorization: 'Bearer nonsense' }],
  ])('answers 204 to %s without a query', async (_, body, headers) => {
    await database.roundTrips()
    expect((await logout(body, headers as Record<string, string>)).status).toBe(204)
    expect(await database.roundTrips()).toEqual([])
  })

  test('knows the session of an access token that has expired', async () => {
    const pair = await openSession(await register())
    const now = clock.now
    clock.now = new Date(now.getTime() + 31 * 60_000)
    expect((await as(pair).post('/logout')).status).toBe(204)
    expect((await post('/refresh', { refresh_token: pair.refresh_token })).status).toBe(401)
    clock.now = now
  })

  test('is one round trip', async () => {
    const pair = await openSession(await register())
    await database.roundTrips()
    await logout({ refresh_token: pair.refresh_token })
    expect(await database.roundTrips()).toHaveLength(1)
  })

  test('is not done by a GET (ASVS 3.5.3)', async () => {
    const pair = await openSession(await register())
    expect((await as(pair).get('/logout')).status).toBe(405)
    expect(await works(pair)).toBe(true)
  })
})

test('NUL in whatever else a request can say is refused, and is no fault of ours (row 24)', async () => {
  const person = await register()
  const pair = await openSession(person)
  const own = as(pair)
  const form = new URLSearchParams({ email: person.email, password: 'a\0' })
  const acts: [number, () => Promise<Response>][] = [
    [404, () => own.delete('/users/me/sessions/%00')],
    [422, () => own.delete('/users/me/sessions?keep_current=%00')],
    [422, () => own.get('/users/me/events?cursor=%00')],
    [404, () => request('/problems/%00')],
    [404, () => request('/%00')],
    [422, () => own.patch('/users/me', { full_name: 'a\0' })],
    [422, () => own.patch('/users/me', { username: 'abc\0' })],
    [403, () => own.delete('/users/me', { password: 'a\0' })],
    [401, () => own.post('/refresh', { refresh_token: 'a\0' })],
    [401, () => request('/login', { method: 'POST', body: form })],
  ]
  for (const [status, act] of acts) expect((await act()).status, String(act)).toBe(status)
  expect(await (await me(pair.access_token)).json()).toMatchObject({ full_name: person.full_name })
})

describe('PATCH /users/me', () => {
  const patch = (pair: TokenPair, body: object) => as(pair).patch('/users/me', body)

  test('changes what is given and leaves the rest', async () => {
    const person = await register()
    const pair = await openSession(person)
    clock.now = new Date(clock.now.getTime() + 1000)
    const response = await patch(pair, { full_name: ' New Name ' })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      full_name: 'New Name',
      username: person.username,
      email: person.email,
      roles: ['user'],
      updated_at: clock.now.toISOString(),
    })
    expect(await (await patch(pair, { username: person.username.toUpperCase() })).json()).toMatchObject({
      username: person.username.toUpperCase(),
    })
  })

  test('refuses a username that is taken, in any case, and changes nothing', async () => {
    const other = await register()
    const person = await register()
    const pair = await openSession(person)
    const response = await patch(pair, { username: other.username.toUpperCase(), full_name: 'New Name' })
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({
      code: 'username_taken',
      errors: [{ pointer: '/username' }],
    })
    expect(await (await me(pair.access_token)).json()).toMatchObject({ full_name: person.full_name })
  })

  test.each([
    ['nothing', {}],
    ['an email address', { email: newPerson().email }],
    ['roles (row 21)', { roles: ['admin'] }],
    ['an id', { id: 1 }],
    ['a bad username', { username: 'a' }],
  ])('refuses %s', async (_, body) => {
    expect((await patch(await openSession(await register()), body)).status).toBe(422)
  })
})

describe('DELETE /users/me', () => {
  const destroy = (pair: TokenPair, password: string) => as(pair).delete('/users/me', { password })

  test('deletes the account, its sessions and its roles', async () => {
    const person = await register()
    const [mine, other] = [await openSession(person), await openSession(person)]
    expect((await destroy(mine, person.password)).status).toBe(204)
    expect([await works(mine), await works(other)]).toEqual([false, false])
    expect((await post('/refresh', { refresh_token: other.refresh_token })).status).toBe(401)
    for (const table of ['sessions', 'user_roles']) {
      expect(await database.sql(`select 1 from ${table} where user_id = $1`, [person.id])).toEqual([])
    }
    await register({ email: person.email, username: person.username })
  })

  test('needs the password, and deletes nothing without it', async () => {
    const person = await register()
    const pair = await openSession(person)
    const response = await destroy(pair, 'a wrong one')
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      code: 'wrong_password',
      errors: [{ pointer: '/password' }],
    })
    expect(await works(pair)).toBe(true)
  })
})

describe('more than 100 sessions (row 79)', () => {
  test('end the one that was left alone for longest, and no other', async () => {
    const person = await register()
    const first = await openSession(person)
    clock.now = new Date(clock.now.getTime() + 1000)
    const second = await openSession(person)
    await database.sql(
      `insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at)
       select gen_random_uuid(), user_id, auth_version, created_at, now() + interval '10 years', idle_expires_at, expires_at
       from sessions, generate_series(1, 98) where id = $1`,
      [payloadOf(second.access_token)['sid']],
    )
    clock.now = new Date(clock.now.getTime() + 1000)
    const newest = await openSession(person)
    const works = async ({ access_token: token }: typeof first) => (await me(token)).status === 200
    expect([await works(first), await works(second), await works(newest)]).toEqual([false, true, true])
    const rows = await database.sql(
      'select count(*) filter (where revoked_at is null) as live, max(revoked_reason) as reason from sessions where user_id = $1',
      [person.id],
    )
    expect(rows).toEqual([{ live: '100', reason: 'evicted' }])
    const [event] = await database.sql(
      "select session_id, details->>'reason' as reason from audit_events where user_id = $1 and type = 'session_ended'",
      [person.id],
    )
    expect(event).toEqual({ session_id: payloadOf(first.access_token)['sid'], reason: 'evicted' })
  })
})

describe('sessions that have ended', () => {
  const rowsOf = async (id: number) =>
    Number((await database.sql('select count(*) as n from sessions where user_id = $1', [id]))[0]?.['n'])

  test('are kept a hundred of, whatever a person opens and ends: nothing takes longer for them', async () => {
    const person = await register()
    for (let round = 0; round < 5; round++) {
      const opened = []
      for (let time = 0; time < 50; time++) opened.push(await openSession(person))
      const [last] = opened.slice(-1)
      await as(last as TokenPair).delete('/users/me/sessions')
      clock.now = new Date(clock.now.getTime() + 1000)
    }
    expect(await rowsOf(person.id)).toBeLessThanOrEqual(201)
    const pair = await openSession(person)
    expect((await me(pair.access_token)).status).toBe(200)
  })

  test('of before go away ten at a sign-in, and no live one with them, however old', async () => {
    const person = await register()
    const old = await openSession(person)
    await database.sql(
      `insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at, revoked_at)
       select gen_random_uuid(), $1, 1, $2, $2, $2, $2, $2 from generate_series(1, 300)`,
      [person.id, new Date(clock.now.getTime() - 86_400_000).toISOString()],
    )
    await database.sql("update sessions set created_at = created_at - interval '29 days' where id = $1", [
      payloadOf(old.access_token)['sid'],
    ])
    const before = await rowsOf(person.id)
    await openSession(person)
    expect(await rowsOf(person.id)).toBe(before + 1 - 10)
    for (let time = 0; time < 15; time++) await openSession(person)
    expect(await rowsOf(person.id)).toBeLessThanOrEqual(211)
    expect((await me(old.access_token)).status).toBe(200)
  })
})
