import { Hono } from 'hono'
import { expect, test } from 'vitest'
import type { AppEnv } from '../../src/http/context.ts'
import { requestContext } from '../../src/http/context.ts'
import { requireToken } from '../../src/http/require-token.ts'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, newPerson } from '../support/test-app.ts'

const tested = await createTestApp()
const { request, post, register, openSession, database, hasher, deps } = tested
const { appoint } = administratorsOf(tested)

const person = await register()
const disabled = await register()
await database.sql('update users set disabled_at = now() where id = $1', [disabled.id])
const session = await openSession(person)
const admin = await appoint('admin')
const outsider = await openSession(await register())
const bearer = ({ access_token }: { access_token: string }) => ({ Authorization: `Bearer ${access_token}` })
const get = (path: string, headers = {}) => request(path, { headers })
const send = (method: string, path: string, body: unknown) =>
  request(path, {
    method,
    headers: { ...bearer(admin), 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const signIn = (email: string, password: string) => post('/login', { email, password })
/** A route of one's own. */
const byToken = new Hono<AppEnv>()
  .use(requestContext(deps))
  .get('/by-token', requireToken(), (c) => c.json(c.var.token))

type Budget = [what: string, status: number, roundTrips: number, hashes: number, () => Promise<Response>]

/** What each request may cost. A number that has to grow is a decision: docs/performance.md says what a round trip is. */
const BUDGETS: Budget[] = [
  ['registering', 201, 1, 1, () => post('/users', newPerson())],
  ['registering a taken address', 409, 1, 1, () => post('/users', { ...newPerson(), email: person.email })],
  ['signing in', 200, 2, 1, () => signIn(person.email, person.password)],
  ['signing in with a wrong password', 401, 2, 1, () => signIn(person.email, 'not the password')],
  ['signing in to an unknown account', 401, 2, 1, () => signIn('nobody@example.com', 'not the password')],
  ['signing in to a disabled account', 401, 2, 1, () => signIn(disabled.email, disabled.password)],
  ['refreshing', 200, 1, 0, () => post('/refresh', { refresh_token: session.refresh_token })],
  ['refreshing by a forged token', 401, 0, 0, () => post('/refresh', { refresh_token: 'x'.repeat(70) })],
  ['the current user', 200, 1, 0, () => get('/users/me', bearer(session))],
  ['a forged token', 401, 0, 0, () => get('/users/me', { Authorization: 'Bearer a.b.c' })],
  ['no token', 401, 0, 0, () => get('/users/me')],
  [
    'a route guarded by the token alone',
    200,
    0,
    0,
    async () => await byToken.request('/by-token', { headers: bearer(session) }),
  ],
  ['/health', 200, 0, 0, () => get('/health')],
  ['/ready', 200, 1, 0, () => get('/ready')],
  ['the public keys', 200, 0, 0, () => get('/.well-known/jwks.json')],
  ['signing out', 204, 1, 0, () => post('/logout', {}, bearer(session))],
  ['a list of accounts', 200, 2, 0, () => get('/users?query=p&role=user', bearer(admin))],
  ['an account', 200, 2, 0, () => get(`/users/${person.id}`, bearer(admin))],
  ['changing an account', 200, 2, 0, () => send('PATCH', `/users/${person.id}`, { full_name: 'X' })],
  ['giving roles', 200, 2, 0, () => send('PUT', `/users/${person.id}/roles`, { roles: ['user'] })],
  ['events', 200, 2, 0, () => get('/audit-events', bearer(admin))],
  ['a missing permission', 403, 1, 0, () => get('/users', bearer(outsider))],
]

test.each(BUDGETS)(
  '%s answers %i for %i round trips and %i hashes',
  async (_, status, roundTrips, hashes, act) => {
    await database.roundTrips()
    hasher.count = 0
    const response = await act()
    expect(response.status).toBe(status)
    expect(await database.roundTrips()).toHaveLength(roundTrips)
    expect(hasher.count).toBe(hashes)
    expect(response.headers.get('Server-Timing')).toContain(`desc="${roundTrips} round trips"`)
  },
)
