import { describe, expect, test } from 'vitest'
import { prepareDatabase } from '../../src/db/client.ts'
import { createTestApp, createTestDatabase, FRONTEND, newPerson, PUBLIC_URL } from '../support/test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

const local = await createTestApp()
const { database } = local
const person = await local.register()
const { access_token: token } = await local.openSession(person)

class HasherError extends Error {
  override name = 'HasherError'
  code = 'E_HASHER'
}
const fail = () => Promise.reject(new HasherError())
const broken = await createTestApp({ deps: { passwords: { hash: fail, verify: fail } } })
const readOnly = await createTestApp({
  deps: { connect: prepareDatabase(`${database.faultyUrl}/is-read-only`, { now: () => performance.now() }) },
})

/** What a request leaves in the log and at the database's endpoint. */
async function trace(app: App, send: () => Promise<Response>) {
  app.requests.length = 0
  app.log.length = 0
  await database.roundTrips()
  const response = await send()
  const text = await response.text()
  return {
    response,
    text,
    lines: [...app.requests],
    others: [...app.log],
    roundTrips: (await database.roundTrips()).length,
  }
}

const unknownSession = crypto.randomUUID()
const wrong = { email: person.email, password: 'a wrong password' }
const credentials = { email: person.email, password: person.password }
const limited = await createTestApp({ variables: { LIMIT_SIGN_IN_ACCOUNT: '1/300' } })
const elsewhere = { email: newPerson().email, password: 'a wrong password' }
await limited.post('/login', elsewhere)

type Expected = { method: string; route: string | null; status: number; user?: boolean; queries: number }
const SESSION = '/users/me/sessions/:id'
const kinds: [string, App, () => Promise<Response>, Expected][] = [
  [
    'a 200 of a guarded route',
    local,
    () => local.me(token),
    { method: 'GET', route: '/users/me', status: 200, user: true, queries: 1 },
  ],
  [
    'a 200 without a query',
    local,
    () => local.request('/health?token=x'),
    { method: 'GET', route: '/health', status: 200, queries: 0 },
  ],
  [
    'a path with a trailing slash',
    local,
    () => local.request('/health/'),
    { method: 'GET', route: '/health', status: 200, queries: 0 },
  ],
  [
    'a sign-in',
    local,
    () => local.post('/login', credentials),
    { method: 'POST', route: '/login', status: 200, user: true, queries: 2 },
  ],
  [
    'a sign-in under /auth',
    local,
    () => local.post('/auth/login', credentials),
    { method: 'POST', route: '/auth/login', status: 200, user: true, queries: 2 },
  ],
  [
    'a preflight',
    local,
    () =>
      local.request('/users/me', {
        method: 'OPTIONS',
        headers: { Origin: FRONTEND, 'Access-Control-Request-Method': 'GET' },
      }),
    { method: 'OPTIONS', route: null, status: 204, queries: 0 },
  ],
  [
    'a 204',
    local,
    () => local.post('/logout', {}),
    { method: 'POST', route: '/logout', status: 204, queries: 0 },
  ],
  [
    'a 401 without credentials',
    local,
    () => local.request('/users/me'),
    { method: 'GET', route: '/users/me', status: 401, queries: 0 },
  ],
  [
    'a sign-in with a wrong password',
    local,
    () => local.post('/login', wrong),
    { method: 'POST', route: '/login', status: 401, queries: 2 },
  ],
  [
    'a refused refresh',
    local,
    () => local.post('/refresh', { refresh_token: 'garbage' }),
    { method: 'POST', route: '/refresh', status: 401, queries: 0 },
  ],
  [
    'a 403 of somebody who is signed in',
    local,
    () => local.as(token).delete('/users/me', { password: 'x' }),
    { method: 'DELETE', route: '/users/me', status: 403, user: true, queries: 3 },
  ],
  [
    'a 404 of a route with an id',
    local,
    () => local.as(token).delete(`/users/me/sessions/${unknownSession}`),
    { method: 'DELETE', route: SESSION, status: 404, user: true, queries: 2 },
  ],
  [
    'a 404 without a route',
    local,
    () => local.request('/nowhere/at/all'),
    { method: 'GET', route: null, status: 404, queries: 0 },
  ],
  ['a 405', local, () => local.request('/login'), { method: 'GET', route: null, status: 405, queries: 0 }],
  [
    'a taken address',
    local,
    () => local.post('/users', { ...newPerson(), email: person.email }),
    { method: 'POST', route: '/users', status: 409, queries: 1 },
  ],
  [
    'a body that is too large',
    local,
    () => local.post('/users', ' '.repeat(20_000)),
    { method: 'POST', route: '/users', status: 413, queries: 0 },
  ],
  [
    'a 422',
    local,
    () => local.post('/users', {}),
    { method: 'POST', route: '/users', status: 422, queries: 0 },
  ],
  [
    'a 422 of somebody who is signed in',
    local,
    () => local.as(token).post('/users/me/password', {}),
    { method: 'POST', route: '/users/me/password', status: 422, user: true, queries: 1 },
  ],
  [
    'a 429',
    limited,
    () => limited.post('/login', elsewhere),
    { method: 'POST', route: '/login', status: 429, queries: 1 },
  ],
  [
    'a 500',
    broken,
    () => broken.post('/users', newPerson()),
    { method: 'POST', route: '/users', status: 500, queries: 0 },
  ],
]

describe('the log has one line a request, with these members and no others:', () => {
  test.each(kinds)('%s', async (_, app, send, { user, ...expected }) => {
    const { response, lines, roundTrips } = await trace(app, send)
    expect(response.status).toBe(expected.status)
    expect(lines).toEqual([
      {
        event: 'request',
        ...expected,
        duration_ms: expect.any(Number),
        request_id: response.headers.get('X-Request-Id'),
        ...(user && { user_id: person.id }),
      },
    ])
    expect(lines[0]?.['duration_ms']).toBeGreaterThanOrEqual(0)
    expect(lines[0]?.['request_id']).toMatch(/^[\da-f-]{36}$/)
    expect(roundTrips).toBe(expected.queries)
  })

  test('registering, with the id that it gave', async () => {
    const { text, lines, roundTrips } = await trace(local, () => local.post('/users', newPerson()))
    const { id } = JSON.parse(text) as { id: number }
    expect(lines).toMatchObject([{ route: '/users', status: 201, user_id: id, queries: 1 }])
    expect(roundTrips).toBe(1)
  })

  test('a refresh, with the id of whose session it is', async () => {
    const { refresh_token } = await local.openSession(person)
    const { lines, roundTrips } = await trace(local, () => local.post('/refresh', { refresh_token }))
    expect(lines).toMatchObject([{ route: '/refresh', status: 200, user_id: person.id, queries: 1 }])
    expect(roundTrips).toBe(1)
  })

  test('a 503, whose query counts although nothing came of it', async () => {
    const { response, lines } = await trace(readOnly, () => readOnly.request('/ready'))
    expect(lines).toEqual([
      {
        event: 'request',
        ...{ method: 'GET', route: '/ready', status: 503, queries: 1 },
        duration_ms: expect.any(Number),
        request_id: response.headers.get('X-Request-Id'),
      },
    ])
  })

  test('parallel requests, each with its own id', async () => {
    local.requests.length = 0
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => local.request(index % 2 ? '/health' : '/nowhere')),
    )
    const ids = responses.map(({ headers }) => headers.get('X-Request-Id'))
    expect(new Set(ids).size).toBe(20)
    expect(local.requests.map((line) => line['request_id']).sort()).toEqual(ids.sort())
  })

  test("a request id of the client's is not taken over (row 54)", async () => {
    const forged = crypto.randomUUID()
    const send = () => local.request('/health', { headers: { 'X-Request-Id': forged } })
    const { response, lines } = await trace(local, send)
    expect(response.headers.get('X-Request-Id')).not.toBe(forged)
    expect(JSON.stringify(lines)).not.toContain(forged)
  })
})

describe('an error', () => {
  test('of ours adds one line, with the code of its cause', async () => {
    const { response, others } = await trace(broken, () => broken.post('/users', newPerson()))
    expect(response.status).toBe(500)
    expect(others).toEqual([
      {
        event: 'request_failed',
        request_id: response.headers.get('X-Request-Id'),
        code: 'internal_error',
        causes: [{ name: 'HasherError', code: 'E_HASHER' }],
        stack: expect.any(Array),
      },
    ])
  })

  test("of the database's adds one line, with its code", async () => {
    const { response, others } = await trace(readOnly, () => readOnly.post('/users', newPerson()))
    expect(response.status).toBe(503)
    expect(others).toEqual([
      {
        event: 'request_failed',
        request_id: response.headers.get('X-Request-Id'),
        code: 'database_unavailable',
        causes: [
          { name: 'AppError', code: 'database_unavailable' },
          { name: 'NeonDbError', code: '25006' },
        ],
        stack: expect.any(Array),
      },
    ])
  })

  test("of the client's adds none", async () => {
    const clients = kinds.filter(([, , , { status }]) => status >= 400 && status < 500)
    expect(new Set(clients.map(([, , , { status }]) => status)).size).toBeGreaterThan(6)
    for (const [name, app, send] of clients) {
      const { others } = await trace(app, send)
      expect(others, name).toEqual([])
    }
  })

  test('of a statement that PostgreSQL refuses has one line, with its SQLSTATE', async () => {
    const app = await createTestApp({ database: await createTestDatabase() })
    await app.database.sql('drop table user_roles')
    const { others, lines } = await trace(app, () => app.post('/users', newPerson()))
    expect(lines).toHaveLength(1)
    expect(others).toMatchObject([
      { event: 'request_failed', causes: [{ name: 'NeonDbError', code: '42P01' }] },
    ])
  })
})

test('a line contains nothing of the path, the query or the host (row 54)', async () => {
  const { lines } = await trace(local, () => local.request(`${'/x'.repeat(200)}?${'y'.repeat(200)}`))
  expect(JSON.stringify(lines)).not.toMatch(/\/x|yy/)
  expect(JSON.stringify(lines)).not.toContain(PUBLIC_URL)
})
