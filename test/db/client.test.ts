import { sql } from 'drizzle-orm'
import { describe, expect, test, vi } from 'vitest'
import { databaseFetch } from '#runtime'
import { type Database, prepareDatabase } from '../../src/db/client.ts'
import { run, runAfter } from '../../src/db/run.ts'
import { AppError } from '../../src/errors.ts'
import { statement } from '../../src/sql/parts.ts'
import { users } from '../../src/users/schema.ts'
import { administratorsOf } from '../support/administrators.ts'
import { aroundStatements } from '../support/around-statements.ts'
import { LOST, REDIRECTS } from '../support/fault-names.ts'
import { createTestApp, newPerson, testDatabase } from '../support/test-app.ts'

const ONE = sql`select 1`
const askOne = (db: Database) => run(db, statement({}, { fields: { one: sql`1` }, from: sql`` }))
const { faultyUrl, elsewhereUrl } = await testDatabase()
const healthy = await createTestApp()
const person = await healthy.register()
const pair = await healthy.openSession(person)
const { access_token: token } = pair

/** The application of `healthy`, with its keys, whose database fails in a certain way. */
async function appOver(fault: string) {
  // Port 1 is reserved and nobody listens there.
  const url = fault === 'refuses' ? 'postgresql://test:test@localhost:1/refuses' : `${faultyUrl}/${fault}`
  return await createTestApp({
    deps: {
      connect: prepareDatabase(url, { now: () => performance.now() }),
      keyRing: healthy.deps.keyRing,
      refreshKeys: healthy.deps.refreshKeys,
    },
  })
}

describe.concurrent('a database that fails', () => {
  test.each(LOST)(
    'and %s is answered 503, soon and without internals (rows 32, 33, 36), signing out too (row 89)',
    async (fault) => {
      const { post, request, as, log, hasher } = await appOver(fault)
      const requests: [string, () => Promise<Response>][] = [
        ['register', () => post('/users', newPerson())],
        ['sign in', () => post('/login', { email: person.email, password: person.password })],
        ['current user', () => as(token).get('/users/me')],
        ['refresh', () => post('/refresh', { refresh_token: pair.refresh_token })],
        ['sign out', () => post('/logout', { refresh_token: pair.refresh_token })],
        ['ready', () => request('/ready')],
      ]
      const start = performance.now()
      const responses = await Promise.all(requests.map(async ([name, send]) => [name, await send()] as const))
      // Bounded at three seconds; the rest is for a busy machine.
      expect(performance.now() - start).toBeLessThan(8000)
      for (const [name, response] of responses) {
        const text = await response.text()
        expect(response.status, `${name}: ${text}`).toBe(503)
        expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
        expect(response.headers.get('Content-Type')).toBe('application/problem+json')
        expect(JSON.parse(text)).toMatchObject({ code: 'database_unavailable' })
        expect(text).not.toMatch(/canary|localhost|postgres|sql|ECONN|fetch/i)
      }
      expect(log).toHaveLength(requests.length)
      expect(JSON.stringify(log)).not.toMatch(/canary|correct horse|@example/)
      // The question for the account failed, so no password was checked: only registering hashed.
      expect(hasher.count).toBe(1)
    },
    20_000,
  )

  test.each(LOST)('and %s does not affect routes without a query', async (fault) => {
    const { request } = await appOver(fault)
    expect((await request('/health')).status).toBe(200)
    expect((await request('/users/me')).status).toBe(401)
  })
})

test.each([
  ['run', (db: Database) => run(db, statement({}, { fields: { id: users.id }, from: sql`from ${users}` }))],
  [
    'runAfter',
    (db: Database) => runAfter(db, ONE, statement({}, { fields: { id: users.id }, from: sql`1` })),
  ],
] as const)('%s takes no answer of another statement for its own', async (_, ask) => {
  const connect = prepareDatabase(`${faultyUrl}/answers-null-columns`, { now: () => performance.now() })
  await expect(ask(connect({ roundTrips: 0, milliseconds: 0 }))).rejects.toMatchObject({
    code: 'database_unavailable',
  })
})

describe('the password goes to the endpoint of the database and nowhere else (row 96)', () => {
  const meter = () => ({ roundTrips: 0, milliseconds: 0 })
  const now = () => performance.now()
  const ways = [
    ['the fetch of the platform', undefined],
    ['what is leaner', databaseFetch],
  ] as const

  test.each(ways.flatMap((way) => REDIRECTS.map((redirect) => [redirect, ...way] as const)))(
    'not where an answer %s by %s',
    async (redirect, _, way) => {
      const db = prepareDatabase(`${faultyUrl}/${redirect}`, { now, databaseFetch: way })(meter())
      const behindLock = () => runAfter(db, ONE, statement({}, { fields: {}, from: sql`1` }))
      for (const ask of [() => askOne(db), behindLock]) {
        await expect(ask()).rejects.toMatchObject({ code: 'database_unavailable' })
      }
      expect(await (await fetch(`${elsewhereUrl}/requests`)).text()).toBe('0')
    },
  )

  test.each(['db.example.com', 'ep-x.neon.tech.evil.example', 'evil.example\\@ep-x.eu.aws.neon.tech'])(
    'not to %s, a host that the driver would make an address of',
    (host) => {
      const send = vi.fn()
      const prepare = () => prepareDatabase(`postgresql://u:canary@${host}/db`, { now, databaseFetch: send })
      expect(prepare).toThrow(/^The connection string is not at Neon/)
      expect(prepare).not.toThrow(/canary/)
      expect(send).not.toHaveBeenCalled()
    },
  )

  test.each([
    ['postgresql://u:p@ep-x.eu.aws.neon.tech/db', null, 'https://api.eu.aws.neon.tech/sql'],
    [
      'postgresql://u:p@db.example.com/db',
      'https://proxy.example.com/neon',
      'https://proxy.example.com/neon',
    ],
  ])('%s with %s: %s', async (url, endpoint, address) => {
    const post = vi.fn().mockRejectedValue(new TypeError('nobody is asked'))
    const db = prepareDatabase({ url, endpoint }, { now, databaseFetch: post })(meter())
    await expect(askOne(db)).rejects.toMatchObject({ code: 'database_unavailable' })
    expect(post.mock.calls).toEqual([
      [
        address,
        expect.objectContaining({
          method: 'POST',
          redirect: 'manual',
          headers: expect.objectContaining({ 'Neon-Connection-String': expect.stringContaining(url) }),
        }),
      ],
    ])
  })

  test('not to the database that was prepared last, either', async () => {
    const sent: string[] = []
    const sender = (name: string) => () => Promise.reject(new TypeError(String(sent.push(name))))
    const databases = ['first', 'second'].map((name) =>
      prepareDatabase(`postgresql://u:p@ep-x.${name}.aws.neon.tech/db`, { now, databaseFetch: sender(name) }),
    )
    for (const connect of databases)
      await connect(meter())
        .execute(sql`select 1`)
        .catch(() => null)
    expect(sent).toEqual(['first', 'second'])
  })
})

test.each([0, 1, 2, 4])(
  'a transaction of three statements that is answered with %i results has no answer',
  async (count) => {
    const result = { command: 'SELECT', rowCount: 0, rows: [], fields: [], rowAsArray: false }
    const body = { results: Array.from({ length: count }, () => result) }
    const connect = prepareDatabase('postgresql://u:p@ep-x.eu.aws.neon.tech/db', {
      now: () => performance.now(),
      databaseFetch: () => Promise.resolve(Response.json(body)),
    })
    const behindLock = runAfter(
      connect({ roundTrips: 0, milliseconds: 0 }),
      ONE,
      statement({}, { fields: {}, from: sql`1` }),
    )
    await expect(behindLock).rejects.toMatchObject({ code: 'database_unavailable' })
  },
)

test('of the time that a statement behind a lock has, PostgreSQL gives half to each of the two', async () => {
  const bodies: string[] = []
  const post = (_: string, { body }: { body: string }) => {
    bodies.push(body)
    return Promise.reject(new TypeError('nobody is asked'))
  }
  const connect = prepareDatabase('postgresql://u:p@ep-x.eu.aws.neon.tech/db', {
    now: () => performance.now(),
    timeoutMilliseconds: 3000,
    databaseFetch: post,
  })
  const db = connect({ roundTrips: 0, milliseconds: 0 })
  await runAfter(db, ONE, statement({}, { fields: {}, from: sql`1` })).catch(() => null)
  const { queries } = JSON.parse(bodies[0] ?? '') as { queries: { query: string; params: string[] }[] }
  expect(queries.map(({ params }) => params)).toEqual([['1250'], [], []])
  expect(queries[0]?.query).toContain("set_config('statement_timeout'")
})

test('a read by the query builder that fails is 503 too, and the log knows why without its parameters', async () => {
  const { appoint } = administratorsOf(healthy)
  const admin = await appoint('admin')
  const broken = await appFailingAt(2, 'before')
  const response = await broken.as(admin.access_token).get('/roles')
  expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '2'])
  expect(broken.log).toEqual([
    expect.objectContaining({
      event: 'request_failed',
      code: 'database_unavailable',
      causes: [{ name: 'AppError', code: 'database_unavailable' }],
    }),
  ])
  expect(JSON.stringify(broken.log)).not.toMatch(/select "|Failed query|params/)
})

test('a database that comes back is used again at once', async () => {
  const broken = await appOver('refuses')
  expect((await broken.request('/ready')).status).toBe(503)
  expect((await healthy.request('/ready')).status).toBe(200)
})

/**
 * The application of `healthy`, whose statement number `failing` fails: before it ran, or with its answer
 * lost.
 */
async function appFailingAt(failing: number, when: 'before' | 'after') {
  const { connect, keyRing, refreshKeys } = healthy.deps
  return await createTestApp({
    deps: {
      ...{ keyRing, refreshKeys },
      connect: aroundStatements(connect, async (send, number) => {
        if (number === failing && when === 'before') throw new AppError('database_unavailable')
        const results = await send()
        if (number === failing) throw new AppError('database_unavailable')
        return results
      }),
    },
  })
}

const VALUES = {
  never: sql<string>`'-infinity'::timestamptz`,
  moment: sql<string>`'2026-11-25 12:00:00+00'::timestamptz`,
  day: sql<string>`date '2026-11-25'`,
  span: sql<string>`interval '1 day'`,
  several: sql<string>`array['2026-11-25 12:00:00+00'::timestamptz]`,
  large: sql<string>`9007199254740993`,
  small: sql<number>`7::int`,
  flag: sql<boolean>`true`,
  details: sql<object>`'{"a":1}'::jsonb`,
  asColumn: sql`'2026-11-25 12:00:00+00'::timestamptz`.mapWith(users.createdAt),
}

test.each(['alone', 'behind a lock'])(
  'a statement sent %s answers times and large numbers as strings, and those of a column as its type',
  async (how) => {
    const db = healthy.deps.connect({ roundTrips: 0, milliseconds: 0 })
    const values = statement({}, { fields: VALUES, from: sql`` })
    const rows = how === 'alone' ? await run(db, values) : await runAfter(db, ONE, values)
    expect(rows).toEqual([
      {
        never: '-infinity',
        moment: expect.stringMatching(/^2026-11-25 \d\d:00:00\+\d\d$/),
        day: '2026-11-25',
        span: '1 day',
        several: expect.stringMatching(/^\{".*"\}$/),
        large: '9007199254740993',
        small: 7,
        flag: true,
        details: { a: 1 },
        asColumn: new Date('2026-11-25T12:00:00Z'),
      },
    ])
  },
)
