import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { aroundStatements } from '../support/around-statements.ts'
import { createTestApp, payloadOf, type TokenPair } from '../support/test-app.ts'

// More rotations in a moment than anybody is allowed.
const app = await createTestApp({ variables: { LIMIT_REFRESH_SESSION: '1000/100' } })
const { post, request, as, me, register, openSession, database, hasher, clock, log } = app

const refresh = (token: string) => post('/refresh', { refresh_token: token })
const refreshed = async (token: string) => {
  const response = await refresh(token)
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json()) as TokenPair
}
const later = (milliseconds: number) => {
  clock.now = new Date(clock.now.getTime() + milliseconds)
}
const sessionOf = async (pair: TokenPair) =>
  (await database.sql('select * from sessions where id = $1', [payloadOf(pair.access_token)['sid']]))[0]
const expectEnded = async (...pairs: TokenPair[]) => {
  for (const pair of pairs) {
    expect((await refresh(pair.refresh_token)).status).toBe(401)
    expect((await me(pair.access_token)).status).toBe(401)
  }
}

const DAY = 86_400_000
/** Ten seconds, and the five that clocks may differ by. */
const GRACE = 15_000

describe('POST /refresh', () => {
  test('answers the next pair, of the same session', async () => {
    const person = await register()
    const first = await openSession(person)
    later(60_000)
    const second = await refreshed(first.refresh_token)
    expect(second).toMatchObject({
      token_type: 'bearer',
      expires_in: 1800,
      refresh_token_expires_in: 604_800,
    })
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(payloadOf(second.access_token)).toMatchObject({
      sid: payloadOf(first.access_token)['sid'],
      auth_time: payloadOf(first.access_token)['auth_time'],
      iat: clock.now.getTime() / 1000,
    })
    expect((await me(second.access_token)).status).toBe(200)
    expect(await sessionOf(second)).toMatchObject({ generation: '1', revoked_at: null })
  })

  test('costs one round trip and no hash, and is not to be cached', async () => {
    const pair = await openSession(await register())
    await database.roundTrips()
    hasher.count = 0
    const response = await refresh(pair.refresh_token)
    expect(await database.roundTrips()).toHaveLength(1)
    expect(hasher.count).toBe(0)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Pragma')).toBe('no-cache')
  })

  test.each(['/refresh', '/refresh/', '/auth/refresh'])('takes JSON and forms at %s', async (path) => {
    const pair = await openSession(await register())
    const json = await post(path, { refresh_token: pair.refresh_token })
    const { refresh_token } = (await json.json()) as TokenPair
    const form = await request(path, { method: 'POST', body: new URLSearchParams({ refresh_token }) })
    expect([json.status, form.status]).toEqual([200, 200])
  })

  test("carries today's email, name and roles (O5)", async () => {
    const person = await register()
    const pair = await openSession(person)
    await database.sql("update users set full_name = 'New Name', email = 'new-' || email where id = $1", [
      person.id,
    ])
    await database.sql("insert into user_roles values ($1, 'admin')", [person.id])
    expect(payloadOf((await refreshed(pair.refresh_token)).access_token)).toMatchObject({
      sub: `new-${person.email}`,
      full_name: 'New Name',
      roles: ['admin', 'user'],
    })
  })
})

describe('the token before the current one', () => {
  test.each([
    ['at once', 0],
    ['after the grace, as long as its successor was not presented', 30_000],
    ['just before the end of two minutes', 119_999],
  ])('%s is answered with the same current token and changes nothing (row 7)', async (_, milliseconds) => {
    const first = await openSession(await register())
    const second = await refreshed(first.refresh_token)
    const before = await sessionOf(second)
    later(milliseconds)
    expect((await refreshed(first.refresh_token)).refresh_token).toBe(second.refresh_token)
    expect(await sessionOf(second)).toEqual(before)
    // Whoever lost the answer goes on with what the retry brought.
    expect((await me((await refreshed(second.refresh_token)).access_token)).status).toBe(200)
  })

  test('at the end of two minutes ends the session, and nothing of it works (row 3)', async () => {
    const first = await openSession(await register())
    const second = await refreshed(first.refresh_token)
    later(120_000)
    log.length = 0
    await expectEnded(first, second)
    expect(await sessionOf(second)).toMatchObject({ revoked_reason: 'replayed' })
    expect(log).toEqual([
      { event: 'refresh_token_replayed', session_id: payloadOf(first.access_token)['sid'] },
    ])
  })

  test('is a replay once its successor was presented and the grace is over', async () => {
    const first = await openSession(await register())
    const second = await refreshed(first.refresh_token)
    later(GRACE)
    const third = await refreshed(second.refresh_token)
    await expectEnded(first, second, third)
  })

  test('a replay ends its session and no other', async () => {
    const person = await register()
    const other = await openSession(person)
    const first = await openSession(person)
    await refreshed(first.refresh_token)
    later(120_000)
    expect((await refresh(first.refresh_token)).status).toBe(401)
    expect((await me(other.access_token)).status).toBe(200)
    expect((await refresh(other.refresh_token)).status).toBe(200)
  })
})

describe('a token that was current within the grace, however many rotations lie between', () => {
  /** Rotates so often, a second apart; all tokens, the current one last. */
  const rotate = async (times: number) => {
    const pairs = [await openSession(await register())]
    for (let turn = 0; turn < times; turn++) {
      if (turn > 0) later(1000)
      pairs.push(await refreshed(pairs.at(-1)?.refresh_token ?? ''))
    }
    return pairs
  }

  test('is answered with the current one: one tab refreshes twice, another with the first', async () => {
    const [first, , third] = await rotate(2)
    expect((await refreshed(first?.refresh_token ?? '')).refresh_token).toBe(third?.refresh_token)
    expect(await sessionOf(third as TokenPair)).toMatchObject({ generation: '2', revoked_at: null })
  })

  test('just before its end, counted from when the token itself was replaced', async () => {
    const pairs = await rotate(3)
    // The first was replaced two seconds ago, the others later.
    later(GRACE - 2000 - 1)
    for (const { refresh_token } of pairs.slice(0, 3)) {
      expect((await refreshed(refresh_token)).refresh_token).toBe(pairs[3]?.refresh_token)
    }
  })

  test('and at: it is a replay', async () => {
    const pairs = await rotate(3)
    later(GRACE - 2000)
    await expectEnded(...pairs)
    const events = await database.sql(
      "select count(*) as n from audit_events where type = 'refresh_token_replayed' and session_id = $1",
      [payloadOf(pairs[0]?.access_token ?? '')['sid']],
    )
    expect(events).toEqual([{ n: '1' }])
  })

  test('further back than a browser can race is a replay, and the row stays small', async () => {
    const pairs = [await openSession(await register())]
    for (let turn = 0; turn < 68; turn++) pairs.push(await refreshed(pairs.at(-1)?.refresh_token ?? ''))
    expect(await database.sql('select max(cardinality(replaced_at)) as n from sessions')).toEqual([
      { n: '64' },
    ])
    const current = pairs.at(-1)?.refresh_token
    expect((await refreshed(pairs[4]?.refresh_token ?? '')).refresh_token).toBe(current)
    expect((await refresh(pairs[3]?.refresh_token ?? '')).status).toBe(401)
    await expectEnded(...pairs.slice(-1))
  })

  test('the times of old rotations are removed from the row', async () => {
    const pairs = await rotate(3)
    later(120_000)
    await refreshed(pairs[3]?.refresh_token ?? '')
    const [row] = await database.sql('select cardinality(replaced_at) as n from sessions where id = $1', [
      payloadOf(pairs[0]?.access_token ?? '')['sid'],
    ])
    expect(row).toEqual({ n: '1' })
  })
})

test.each([
  ['ahead', 12_000],
  ['behind', -12_000],
])('an instance whose clock is twelve seconds %s ends no session for a lost race', async (_, difference) => {
  const other = await createTestApp({
    deps: {
      keyRing: app.deps.keyRing,
      refreshKeys: app.deps.refreshKeys,
      clock: () => new Date(clock.now.getTime() + difference),
    },
  })
  const first = await openSession(await register())
  const second = await refreshed(first.refresh_token)
  const lost = await other.post('/refresh', { refresh_token: first.refresh_token })
  expect(lost.status).toBe(200)
  expect(((await lost.json()) as TokenPair).refresh_token).toBe(second.refresh_token)
})

test('a response lost after the commit is 503, and a retry gets the current token (rows 7, 35)', async () => {
  let losesAnswers = false
  const flaky = await createTestApp({
    deps: {
      clock: app.deps.clock,
      connect: aroundStatements(app.deps.connect, async (send) => {
        const results = await send()
        if (losesAnswers) throw new AppError('database_unavailable')
        return results
      }),
    },
  })
  const pair = await flaky.openSession(await register())
  losesAnswers = true
  expect((await flaky.post('/refresh', { refresh_token: pair.refresh_token })).status).toBe(503)
  expect(await sessionOf(pair)).toMatchObject({ generation: '1' })
  losesAnswers = false
  const retried = await flaky.post('/refresh', { refresh_token: pair.refresh_token })
  expect(retried.status).toBe(200)
  const next = (await retried.json()) as TokenPair
  expect(await sessionOf(pair)).toMatchObject({ generation: '1' })
  expect((await flaky.post('/refresh', { refresh_token: next.refresh_token })).status).toBe(200)
  // Signing out is not said to have happened where that is not certain.
  losesAnswers = true
  expect((await flaky.post('/logout', { refresh_token: next.refresh_token })).status).toBe(503)
})

describe('lifetimes (row 41)', () => {
  test('a session that is not used ends after seven days: just before', async () => {
    const pair = await openSession(await register())
    later(7 * DAY - 1)
    expect((await refresh(pair.refresh_token)).status).toBe(200)
  })

  test('and at', async () => {
    const pair = await openSession(await register())
    later(7 * DAY)
    await expectEnded(pair)
  })

  test('a session in use ends at thirty days, not just before, however often it is refreshed', async () => {
    let pair = await openSession(await register())
    for (let day = 6; day < 30; day += 6) {
      later(6 * DAY)
      pair = await refreshed(pair.refresh_token)
    }
    later(6 * DAY - 1)
    pair = await refreshed(pair.refresh_token)
    // Rotation never moves the absolute end: one millisecond is left.
    expect(pair.refresh_token_expires_in).toBe(0)
    later(1)
    await expectEnded(pair)
  })
})

test('a clock that jumps back an hour ends no session and changes no lifetime (row 40)', async () => {
  const first = await openSession(await register())
  const before = await sessionOf(first)
  later(-3_600_000)
  // Tokens of the future are not believed.
  expect((await me(first.access_token)).status).toBe(401)
  const second = await refreshed(first.refresh_token)
  expect((await me(second.access_token)).status).toBe(200)
  expect(second).toMatchObject({ expires_in: 1800, refresh_token_expires_in: 604_800 })
  expect(await sessionOf(second)).toMatchObject({ expires_at: before?.['expires_at'] })
  later(3_600_000)
  expect((await refresh(second.refresh_token)).status).toBe(200)
})

describe('a token that is none of ours', () => {
  test.each([
    ['forged', 'A'.repeat(70)],
    ['empty', ''],
    ['an access token', 'eyJhbGciOiJIUzI1NiJ9.e30.x'],
  ])('%s: 401 without a query, in the one body of all reasons', async (_, token) => {
    await database.roundTrips()
    const response = await refresh(token)
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="LumaScope", error="invalid_token"')
    expect(await response.json()).toMatchObject({ code: 'invalid_token' })
    expect(await database.roundTrips()).toEqual([])
  })

  test('altered to name another session, it is refused and ends no session (row 8)', async () => {
    const [mine, theirs] = [await openSession(await register()), await openSession(await register())]
    await database.roundTrips()
    const spliced = theirs.refresh_token.slice(0, 26) + mine.refresh_token.slice(26)
    expect((await refresh(spliced)).status).toBe(401)
    expect(await database.roundTrips()).toEqual([])
    for (const pair of [mine, theirs]) expect((await me(pair.access_token)).status).toBe(200)
  })

  test('from another deployment, with other secrets (row 14)', async () => {
    const elsewhere = await createTestApp({
      variables: { AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID() },
    })
    const foreign = await elsewhere.openSession(await register())
    await database.roundTrips()
    expect((await refresh(foreign.refresh_token)).status).toBe(401)
    expect(await database.roundTrips()).toEqual([])
  })

  test.each([
    ['a token that is no text', { refresh_token: 1 }],
    ['an unknown member', { refresh_token: 'x', role: 'admin' }],
  ])('%s is not a valid request', async (_, body) => {
    expect((await post('/refresh', body)).status).toBe(422)
  })

  test('a refresh token opens no route, and is not taken from a header or a query (row 13)', async () => {
    const { refresh_token: token } = await openSession(await register())
    expect((await me(token)).status).toBe(401)
    expect((await request(`/refresh?refresh_token=${token}`, { method: 'POST' })).status).toBe(401)
    expect((await as(token).post('/refresh', {})).status).toBe(401)
  })
})

test('a new secret leaves live sessions alive while the old one stands behind it', async () => {
  const [old, next] = [crypto.randomUUID() + crypto.randomUUID(), crypto.randomUUID() + crypto.randomUUID()]
  const before = await createTestApp({ variables: { AUTH_SECRETS: old } })
  const after = await createTestApp({ variables: { AUTH_SECRETS: `${next},${old}` } })
  const pair = await before.openSession(await register())
  const response = await after.post('/refresh', { refresh_token: pair.refresh_token })
  expect(response.status).toBe(200)
  const { refresh_token } = (await response.json()) as TokenPair
  const without = await createTestApp({ variables: { AUTH_SECRETS: next } })
  expect((await without.post('/refresh', { refresh_token })).status).toBe(200)
})
