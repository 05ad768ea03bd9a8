import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { requireToken } from '../../src/access/require-token.ts'
import type { AppEnv } from '../../src/http/context.ts'
import { requestContext } from '../../src/http/context.ts'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, DEFAULT_LIMITS, newPerson, payloadOf } from '../support/test-app.ts'

const tested = await createTestApp()
const { app, request, post, register, openSession, database, hasher, deps, requests } = tested
const { appoint, createRole } = administratorsOf(tested)
/** The same, with its limits, for another address. */
const limited = await createTestApp({
  variables: DEFAULT_LIMITS,
  deps: { clientAddress: () => '203.0.113.8' },
})

const person = await register()
const disabled = await register()
await database.sql('update users set disabled_at = now() where id = $1', [disabled.id])
const session = await openSession(person)
const admin = await appoint('admin')
const outsider = await openSession(await register())
const [leaving, deleted, changing] = [await register(), await register(), await register()]
const [leavingSession, changingSession] = [await openSession(leaving), await openSession(changing)]
const [first, second] = [await openSession(person), await openSession(person)]
const leavingEverywhere = await openSession(await register())
const role = await createRole()

type Caller = { access_token: string }
const bearer = ({ access_token }: Caller) => ({ Authorization: `Bearer ${access_token}` })
const get = (path: string, caller?: Caller) => request(path, caller && { headers: bearer(caller) })
const send = (method: string, path: string, body: unknown, caller: Caller = admin) =>
  request(path, {
    method,
    headers: { ...bearer(caller), 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const signIn = (email: string, password: string) => post('/login', { email, password })
const refresh = ({ refresh_token }: { refresh_token: string }) => post('/refresh', { refresh_token })
const sidOf = ({ access_token }: Caller) => String(payloadOf(access_token)['sid'])
/** What comes after as many attempts as are allowed. */
const exhausted = async (attempts: number, attempt: () => Promise<Response>) => {
  for (let turn = 0; turn < attempts; turn++) await attempt()
  await database.roundTrips()
  limited.hasher.count = 0
  return await attempt()
}
/** A route of one's own. */
const byToken = new Hono<AppEnv>()
  .use(requestContext(deps))
  .get('/by-token', requireToken(), (c) => c.json(c.var.token))

type Budget = [what: string, status: number, roundTrips: number, hashes: number, () => Promise<Response>]

/** What each request may cost. A number that has to grow is a decision: docs/performance.md says what a round trip is. */
const BUDGETS: Budget[] = [
  ['registering', 201, 1, 1, () => post('/users', newPerson())],
  ['registering a taken address', 409, 1, 1, () => post('/users', { ...newPerson(), email: person.email })],
  ['registering too often', 429, 1, 0, () => exhausted(10, () => limited.post('/users', newPerson()))],
  ['signing in', 200, 2, 1, () => signIn(person.email, person.password)],
  [
    'signing in for old frontends',
    200,
    2,
    1,
    () => post('/auth/login', { email: person.email, password: person.password }),
  ],
  ['signing in with a wrong password', 401, 2, 1, () => signIn(person.email, 'not the password')],
  ['signing in to an unknown account', 401, 2, 1, () => signIn('nobody@example.com', 'not the password')],
  ['signing in to a disabled account', 401, 2, 1, () => signIn(disabled.email, disabled.password)],
  [
    'signing in too often',
    429,
    1,
    0,
    () =>
      exhausted(5, () =>
        limited.post('/login', { email: 'someone@example.com', password: 'not the password' }),
      ),
  ],
  ['refreshing', 200, 1, 0, () => refresh(session)],
  ['refreshing again at once', 200, 1, 0, () => refresh(session)],
  [
    'refreshing for old frontends',
    200,
    1,
    0,
    () => post('/auth/refresh', { refresh_token: second.refresh_token }),
  ],
  ['refreshing by a forged token', 401, 0, 0, () => refresh({ refresh_token: 'x'.repeat(70) })],
  ['the current user', 200, 1, 0, () => get('/users/me', session)],
  ['the current user for old frontends', 200, 1, 0, () => get('/auth/me', session)],
  ['a forged token', 401, 0, 0, () => get('/users/me', { access_token: 'a.b.c' })],
  ['no token', 401, 0, 0, () => get('/users/me')],
  [
    'a route guarded by the token alone',
    200,
    0,
    0,
    async () => await byToken.request('/by-token', { headers: bearer(session) }),
  ],
  ['one’s sessions', 200, 2, 0, () => get('/users/me/sessions', session)],
  ['one’s events', 200, 2, 0, () => get('/users/me/events', session)],
  ['changing one’s name', 200, 2, 0, () => send('PATCH', '/users/me', { full_name: 'X' }, session)],
  [
    'ending a session',
    204,
    2,
    0,
    () => send('DELETE', `/users/me/sessions/${sidOf(first)}`, undefined, session),
  ],
  [
    'changing one’s password',
    200,
    3,
    2,
    () =>
      send(
        'POST',
        '/users/me/password',
        { current_password: changing.password, new_password: 'another battery staple' },
        changingSession,
      ),
  ],
  [
    'signing out everywhere',
    204,
    2,
    0,
    () => send('DELETE', '/users/me/sessions', undefined, leavingEverywhere),
  ],
  [
    'deleting one’s account',
    204,
    3,
    1,
    () => send('DELETE', '/users/me', { password: leaving.password }, leavingSession),
  ],
  ['signing out', 204, 1, 0, () => post('/logout', {}, bearer(session))],
  ['signing out for old frontends', 204, 1, 0, () => post('/auth/logout', {}, bearer(second))],
  ['a list of accounts', 200, 2, 0, () => get('/users?query=p&role=user', admin)],
  ['an account', 200, 2, 0, () => get(`/users/${person.id}`, admin)],
  ['changing an account', 200, 2, 0, () => send('PATCH', `/users/${person.id}`, { full_name: 'X' })],
  ['deleting an account', 204, 2, 0, () => send('DELETE', `/users/${deleted.id}`, undefined)],
  ['giving roles', 200, 2, 0, () => send('PUT', `/users/${person.id}/roles`, { roles: ['user'] })],
  ['an account’s sessions', 200, 2, 0, () => get(`/users/${person.id}/sessions`, admin)],
  ['signing somebody out', 204, 2, 0, () => send('DELETE', `/users/${person.id}/sessions`, undefined)],
  ['the roles', 200, 2, 0, () => get('/roles', admin)],
  ['changing a role', 200, 2, 0, () => send('PUT', `/roles/${role}`, { description: 'X', permissions: [] })],
  ['deleting a role', 204, 2, 0, () => send('DELETE', `/roles/${role}`, undefined)],
  ['all events', 200, 2, 0, () => get('/audit-events', admin)],
  // And that it is on record.
  ['a missing permission', 403, 2, 0, () => get('/users', outsider)],
  ['/health', 200, 0, 0, () => get('/health')],
  ['/ready', 200, 1, 0, () => get('/ready')],
  ['the public keys', 200, 0, 0, () => get('/.well-known/jwks.json')],
  ['what this is', 200, 0, 0, () => get('/')],
  ['what an error means', 200, 0, 0, () => get('/problems/forbidden')],
  ['the description of the API', 200, 0, 0, () => get('/openapi.json')],
  ['the documentation', 200, 0, 0, () => get('/docs')],
  ['its scripts', 200, 0, 0, () => get('/docs/start.js')],
]

/** The routes that did what they are there for. */
const measured = new Set<string>()

test.each(BUDGETS)(
  '%s answers %i for %i round trips and %i hashes',
  async (_, status, roundTrips, hashes, act) => {
    await database.roundTrips()
    hasher.count = 0
    limited.hasher.count = 0
    requests.length = 0
    const response = await act()
    expect(response.status).toBe(status)
    expect(await database.roundTrips()).toHaveLength(roundTrips)
    expect(hasher.count + limited.hasher.count).toBe(hashes)
    expect(response.headers.get('Server-Timing')).toContain(`desc="${roundTrips} round trips"`)
    if (response.ok) for (const { method, route } of requests) measured.add(`${method} ${route}`)
  },
)

test('every route has a budget', () => {
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`)
  expect([...new Set(routes)].filter((route) => !measured.has(route))).toEqual([])
})
