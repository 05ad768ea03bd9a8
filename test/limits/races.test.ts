import { describe, expect, test } from 'vitest'
import { jobs } from '../../src/app.ts'
import { runHourly } from '../../src/schedule/run-scheduled.ts'
import { createTestApp, createTestDatabase, DEFAULT_LIMITS, payloadOf } from '../support/test-app.ts'

let address = 0
const database = await createTestDatabase()
const tested = await createTestApp({
  database,
  variables: { ...DEFAULT_LIMITS, LIMIT_REGISTER_ADDRESS: '10000/60' },
  deps: {
    clientAddress: () => {
      if (!fixed.address) address++
      return fixed.address ?? `198.51.${100 + (address >> 8)}.${address & 255}`
    },
  },
})
/** The address of every request, or null: each has another. */
const fixed: { address: string | null } = { address: null }
const { post, register, hasher, clock } = tested
const ROUNDS = Array.from({ length: 10 }, (_, round) => round + 1)
const login = (email: string, password: string, headers: Record<string, string> = {}) =>
  post('/login', { email, password }, headers)
const WRONG = 'not the password'
const deviceOf = (response: Response) => ({
  Cookie: response.headers.getSetCookie().find((cookie) => cookie.startsWith('lumascope_8000_device')) ?? '',
})
const tally = (responses: Response[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(responses, ({ status }) => status)).map(([status, all]) => [
      status,
      all?.length,
    ]),
  )

describe('200 parallel guesses', () => {
  test.each(ROUNDS)('at one account hash 5 times (row 60), round %i', async () => {
    const { email } = await register()
    hasher.count = 0
    const responses = await Promise.all(Array.from({ length: 200 }, () => login(email, WRONG)))
    expect(tally(responses)).toEqual({ 401: 5, 429: 195 })
    expect(hasher.count).toBe(5)
    for (const response of responses.filter(({ status }) => status === 429)) {
      expect(Number(response.headers.get('Retry-After'))).toBe(60)
    }
  })

  test.each(ROUNDS)('at an account that does not exist hash as often, round %i', async (round) => {
    hasher.count = 0
    const guesses = Array.from({ length: 200 }, () => login(`nobody-${round}@example.com`, WRONG))
    expect(tally(await Promise.all(guesses))).toEqual({ 401: 5, 429: 195 })
    expect(hasher.count).toBe(5)
  })

  test('from one address, at as many accounts, hash 20 times', async () => {
    fixed.address = '203.0.113.200'
    hasher.count = 0
    const guesses = Array.from({ length: 200 }, (_, account) => login(`all-${account}@example.com`, WRONG))
    expect(tally(await Promise.all(guesses))).toEqual({ 401: 20, 429: 180 })
    expect(hasher.count).toBe(20)
    fixed.address = null
  })

  test('with one device cookie hash 5 times', async () => {
    const person = await register()
    const device = deviceOf(await login(person.email, person.password))
    hasher.count = 0
    const guesses = Array.from({ length: 200 }, () => login(person.email, WRONG, device))
    expect(tally(await Promise.all(guesses))).toEqual({ 401: 5, 429: 195 })
    expect(hasher.count).toBe(5)
  })
})

test('a flood of sign-ins is bounded work, and nobody else waits for it (row 31)', async () => {
  const pair = await tested.openSession(await register())
  fixed.address = '203.0.113.31'
  hasher.count = 0
  const flood = Array.from({ length: 200 }, (_, account) => login(`flood-${account}@example.com`, WRONG))
  const start = performance.now()
  const others = await Promise.all([
    tested.request('/health'),
    post('/refresh', { refresh_token: pair.refresh_token }),
  ])
  expect(others.map(({ status }) => status)).toEqual([200, 200])
  // A fraction of a second; the rest is for a busy machine.
  expect(performance.now() - start).toBeLessThan(5000)
  const responses = await Promise.all(flood)
  expect(tally(responses)).toEqual({ 401: 20, 429: 180 })
  expect(hasher.count).toBe(20)
  for (const response of responses.filter(({ status }) => status === 429)) {
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0)
  }
  fixed.address = null
})

test('one address that tries 1,000 accounts once each gets at 20 (row 61)', async () => {
  fixed.address = '203.0.113.201'
  const responses = []
  for (let account = 0; account < 1000; account++) {
    responses.push(await login(`stuffed-${account}@example.com`, WRONG))
  }
  expect(responses.slice(0, 20).map(({ status }) => status)).toEqual(Array(20).fill(401))
  expect(tally(responses)).toEqual({ 401: 20, 429: 980 })
  fixed.address = null
}, 60_000)

test('1,000 addresses get 5 guesses at an account whose owner still signs in (rows 61, 62)', async () => {
  const person = await register()
  let owner = await login(person.email, person.password)
  const guesses = []
  for (let guess = 0; guess < 1000; guess++) {
    guesses.push(await login(person.email, WRONG))
    if (guess % 50 !== 0) continue
    owner = await login(person.email, person.password, deviceOf(owner))
    expect(owner.status).toBe(200)
  }
  expect(tally(guesses)).toEqual({ 401: 5, 429: 995 })
}, 60_000)

test.each(ROUNDS)('parallel registrations from one address stop at 10, round %i', async (round) => {
  const limited = await createTestApp({
    database,
    variables: DEFAULT_LIMITS,
    deps: { clientAddress: () => `192.0.2.${round}` },
  })
  const people = Array.from({ length: 30 }, (_, index) => ({
    username: `rush-${round}-${index}`,
    email: `rush-${round}-${index}@example.com`,
    full_name: 'Somebody',
    password: 'correct horse battery',
  }))
  const responses = await Promise.all(people.map((person) => limited.post('/users', person)))
  expect(tally(responses)).toEqual({ 201: 10, 429: 20 })
  const [row] = await database.sql('select count(*) from users where username like $1', [`rush-${round}-%`])
  expect(row?.['count']).toBe('10')
})

test('guesses while the clocks of isolates differ are counted as one', async () => {
  const { email } = await register()
  const skewed = await createTestApp({
    database,
    variables: DEFAULT_LIMITS,
    deps: {
      clock: () => new Date(clock.now.getTime() - 30_000),
      clientAddress: tested.deps.clientAddress,
      limitKeys: tested.deps.limitKeys,
    },
  })
  const guesses = Array.from({ length: 20 }, (_, index) =>
    (index % 2 ? tested : skewed).post('/login', { email, password: WRONG }),
  )
  const { 401: through = 0 } = tally(await Promise.all(guesses))
  expect(through).toBeLessThanOrEqual(5)
})

test('attempts and purges that meet on the same old rows wait for each other in no circle', async () => {
  const people = await Promise.all(Array.from({ length: 10 }, () => register()))
  for (let round = 0; round < 10; round++) {
    await Promise.all(people.map(({ email }) => login(email, WRONG)))
    clock.now = new Date(clock.now.getTime() + 2 * 3_600_000)
    const [responses] = await Promise.all([
      Promise.all(people.flatMap(({ email }) => [login(email, WRONG), login(email, WRONG)])),
      Promise.all(Array.from({ length: 5 }, () => runHourly(tested.deps, jobs))),
    ])
    expect(tally(responses)).toEqual({ 401: 20 })
  }
  expect(tested.log.filter(({ event }) => event !== 'purged')).toEqual([])
})

test('parallel sign-ins beyond the hundredth session end each session once', async () => {
  const person = await register()
  const first = (await (await login(person.email, person.password)).json()) as { access_token: string }
  await database.sql(
    `insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at)
     select gen_random_uuid(), user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at
     from sessions, generate_series(1, 99) where id = $1`,
    [payloadOf(first.access_token)['sid']],
  )
  await Promise.all(Array.from({ length: 12 }, () => login(person.email, person.password)))
  const rows = await database.sql(
    "select count(*) as events, count(distinct session_id) as sessions from audit_events where user_id = $1 and type = 'session_ended'",
    [person.id],
  )
  expect(rows[0]?.['events']).toBe(rows[0]?.['sessions'])
})
