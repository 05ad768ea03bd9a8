import { describe, expect, test } from 'vitest'
import { aroundStatements } from '../support/around-statements.ts'
import {
  createTestApp,
  createTestDatabase,
  FRONTEND,
  payloadOf,
  type TokenPair,
} from '../support/test-app.ts'
import { withBetween } from '../support/with-between.ts'

const tested = await createTestApp()
const { post, request, as, me, register, openSession, database, hasher, clock } = tested

const NEW = 'a new long one'
const change = (pair: TokenPair, body: object) => as(pair).post('/users/me/password', body)
const works = async (pair: TokenPair) => (await me(pair.access_token)).status === 200
const refresh = ({ refresh_token }: TokenPair) => post('/refresh', { refresh_token })
const sid = (pair: TokenPair) => String(payloadOf(pair.access_token)['sid'])
const signedIn = async () => {
  const person = await register()
  return {
    person,
    mine: await openSession(person),
    body: { current_password: person.password, new_password: NEW },
  }
}
const stored = (id: number) =>
  database.sql('select password_hash, auth_version, password_version from users where id = $1', [id])
const sessionsOf = (id: number) =>
  database.sql('select * from sessions where user_id = $1 order by created_at, id', [id])

describe('no copy of a token outlives its password (row 105)', () => {
  test('every session ends, the caller’s too, and the answer has the tokens of a new one', async () => {
    const { person, mine, body } = await signedIn()
    const other = await openSession(person)
    clock.now = new Date(clock.now.getTime() + 60_000)
    const response = await change(mine, body)
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.getSetCookie()).toEqual([])
    const next = (await response.json()) as TokenPair
    expect(next).toEqual({
      ...{ access_token: expect.any(String), token_type: 'bearer', expires_in: 1800 },
      ...{ refresh_token: expect.any(String), refresh_token_expires_in: 604_800 },
    })
    expect([await works(mine), await works(other), await works(next)]).toEqual([false, false, true])
    for (const pair of [mine, other]) expect((await refresh(pair)).status).toBe(401)
    expect((await refresh(next)).status).toBe(200)
    // It is as new as a sign-in: nothing of the old one is carried over.
    expect(sid(next)).not.toBe(sid(mine))
    expect(payloadOf(next.access_token)['auth_time']).toBe(clock.now.getTime() / 1000)
    const rows = await sessionsOf(person.id)
    expect(rows.find(({ id }) => id === sid(mine))).toMatchObject({ revoked_reason: 'replaced' })
    const items = (await (await as(next).get('/users/me/sessions')).json()) as {
      items: { id: string }[]
    }
    expect(items.items.map(({ id }) => id)).toEqual([sid(next)])
    expect((await post('/login', { email: person.email, password: person.password })).status).toBe(401)
    await openSession({ email: person.email, password: NEW })
  })

  test('all tokens: those before the last refresh, and those that a copy was exchanged for', async () => {
    const { mine, body } = await signedIn()
    const second = (await (await refresh(mine)).json()) as TokenPair
    // Whoever has a copy is given the same current token while the grace lasts.
    const copy = (await (await refresh(mine)).json()) as TokenPair
    expect((await change(second, body)).status).toBe(200)
    for (const pair of [mine, second, copy]) {
      expect(await works(pair)).toBe(false)
      expect((await refresh(pair)).status).toBe(401)
    }
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'what a copy is exchanged for meanwhile is dead, and the new pair is not, round %i',
    async () => {
      const { mine, body } = await signedIn()
      const [changed, ...refreshed] = await Promise.all([
        change(mine, body),
        ...Array.from({ length: 8 }, () => refresh(mine)),
      ])
      expect(changed.status).toBe(200)
      const next = (await changed.json()) as TokenPair
      const issued = [mine]
      for (const response of refreshed) {
        expect([200, 401]).toContain(response.status)
        if (response.status === 200) issued.push((await response.json()) as TokenPair)
      }
      for (const pair of issued) {
        expect(await works(pair)).toBe(false)
        expect((await refresh(pair)).status).toBe(401)
      }
      expect(await works(next)).toBe(true)
      expect((await refresh(next)).status).toBe(200)
    },
  )

  test.each([1, 2, 3, 4, 5])(
    'of two changes at once one counts, and one session is left, round %i',
    async () => {
      const { person, mine, body } = await signedIn()
      const [one, two] = await Promise.all([
        change(mine, body),
        change(mine, { ...body, new_password: `${NEW} 2` }),
      ])
      const statuses = [one.status, two.status]
      expect(statuses).toContain(200)
      expect([401, 403]).toContain(statuses.find((status) => status !== 200))
      const live = (await sessionsOf(person.id)).filter(({ revoked_at }) => revoked_at === null)
      expect(live).toHaveLength(1)
    },
  )
})

describe('in cookie mode', () => {
  const signInByCookies = async () => {
    const person = await register()
    const { email, password } = person
    const response = await post('/login?use_cookies=true', { email, password }, { Origin: FRONTEND })
    return { person, jar: jarOf(response) }
  }
  const jarOf = (response: Response) =>
    Object.fromEntries(response.headers.getSetCookie().map((cookie) => cookie.split(/[=;]/).slice(0, 2)))
  const cookies = (jar: Record<string, string>) =>
    Object.entries(jar)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
  const meBy = (jar: Record<string, string>) => request('/users/me', { headers: { Cookie: cookies(jar) } })

  test('204 with new cookies, no token in the body, and the old cookies are dead', async () => {
    const { person, jar } = await signInByCookies()
    const body = { current_password: person.password, new_password: NEW }
    const headers = { Cookie: cookies(jar), Origin: FRONTEND }
    const response = await post('/users/me/password', body, headers)
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    const next = jarOf(response)
    expect(Object.keys(next).sort()).toEqual([
      'lumascope_8000_access',
      'lumascope_8000_device',
      'lumascope_8000_refresh',
    ])
    expect([(await meBy(jar)).status, (await meBy(next)).status]).toEqual([401, 200])
    const refreshBy = (of: Record<string, string>) =>
      request('/refresh', { method: 'POST', headers: { Cookie: cookies(of), Origin: FRONTEND } })
    expect([(await refreshBy(jar)).status, (await refreshBy(next)).status]).toEqual([401, 200])
  })

  test('the bearer’s tokens for who sends both', async () => {
    const { person, jar } = await signInByCookies()
    const pair = await openSession(person)
    const body = { current_password: person.password, new_password: NEW }
    const response = await as(pair).post('/users/me/password', body, { Cookie: cookies(jar) })
    expect(response.status).toBe(200)
    const set = Object.keys(jarOf(response)).filter((name) => name !== 'lumascope_8000_device')
    expect(set).toEqual([])
    expect(await works((await response.json()) as TokenPair)).toBe(true)
  })
})

describe('nothing happens', () => {
  test('without the current password (row 78)', async () => {
    const { person, mine, body } = await signedIn()
    const other = await openSession(person)
    const before = [await stored(person.id), await sessionsOf(person.id)]
    const response = await change(mine, { ...body, current_password: 'a wrong one' })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      code: 'wrong_password',
      errors: [{ pointer: '/current_password' }],
    })
    expect([await stored(person.id), await sessionsOf(person.id)]).toEqual(before)
    expect([await works(mine), await works(other)]).toEqual([true, true])
  })

  test.each([
    ['a short new password', { current_password: 'x', new_password: 'short' }],
    ['no current password', { new_password: NEW }],
  ])('for %s', async (_, body) => {
    const { person, mine } = await signedIn()
    const before = [await stored(person.id), await sessionsOf(person.id)]
    hasher.count = 0
    expect((await change(mine, body)).status).toBe(422)
    expect([await stored(person.id), await sessionsOf(person.id), hasher.count]).toEqual([...before, 0])
  })

  test('once the session has ended: no session is opened in its place', async () => {
    const { person, mine, body } = await signedIn()
    const slow = await withBetween(tested, () => post('/logout', { refresh_token: mine.refresh_token }))
    const before = await stored(person.id)
    const response = await slow.as(mine).post('/users/me/password', body)
    expect(response.status).toBe(401)
    expect(await stored(person.id)).toEqual(before)
    expect(await sessionsOf(person.id)).toMatchObject([{ id: sid(mine), revoked_reason: 'signed_out' }])
  })
})

test('after a lost answer the old tokens say so, and the new password signs in', async () => {
  const { person, mine, body } = await signedIn()
  await change(mine, body)
  const failures = async () =>
    (await database.sql('select consecutive_failures as count from users where id = $1', [person.id]))[0]?.[
      'count'
    ]
  const again = await change(mine, body)
  expect([again.status, await again.json()]).toMatchObject([401, { code: 'invalid_token' }])
  expect(await failures()).toBe('0')
  expect(await works(await openSession({ email: person.email, password: NEW }))).toBe(true)
})

test('the event says by which session, and which replaced it', async () => {
  const { person, mine, body } = await signedIn()
  const next = (await (await change(mine, body)).json()) as TokenPair
  const events = await database.sql(
    "select * from audit_events where user_id = $1 and type = 'password_changed'",
    [person.id],
  )
  expect(events).toMatchObject([{ session_id: sid(mine), details: `{"new_session_id": "${sid(next)}"}` }])
})

test('the answer about another account confirms nothing', async () => {
  const apart = await createTestDatabase()
  const healthy = await createTestApp({ database: apart })
  const person = await healthy.register()
  const session = await healthy.openSession(person)
  const { keyRing, clock, connect } = healthy.deps
  // As a proxy that mixes up answers: the second statement of the request finds the account.
  const mixedUp = aroundStatements(connect, async (send, number) => {
    const answer = (await send()) as { rows: { id: number }[] }
    if (number !== 2) return answer
    return { ...answer, rows: answer.rows.map((row) => ({ ...row, id: row.id + 1 })) }
  })
  const { as } = await createTestApp({ database: apart, deps: { keyRing, clock, connect: mixedUp } })
  const response = await as(session).delete('/users/me', { password: person.password })
  expect(response.status).toBe(503)
  expect((await healthy.me(session.access_token)).status).toBe(200)
})
