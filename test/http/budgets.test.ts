import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { requireToken } from '../../src/access/require-token.ts'
import type { AppEnv } from '../../src/http/context.ts'
import { requestContext } from '../../src/http/context.ts'
import { administratorsOf } from '../support/administrators.ts'
import { type Bearer, requestsAs } from '../support/requests-as.ts'
import { createTestApp, DEFAULT_LIMITS, newPerson, payloadOf } from '../support/test-app.ts'

const tested = await createTestApp()
const { app, register, openSession, database, hasher, deps, requests } = tested
const { appoint, createRole } = administratorsOf(tested)
/** The same, with its limits, for another address. */
const limited = await createTestApp({
  variables: DEFAULT_LIMITS,
  deps: { clientAddress: () => '203.0.113.8' },
})

const person = await register()
const blocked = await register()
await database.sql('update users set disabled_at = now() where id = $1', [blocked.id])
const session = await openSession(person)
const admin = await appoint('admin')
const outsider = await openSession(await register())
const [leaving, deleted, changing] = [await register(), await register(), await register()]
const [leaver, changer] = [await openSession(leaving), await openSession(changing)]
const [first, second] = [await openSession(person), await openSession(person)]
const leavingEverywhere = await openSession(await register())
const role = await createRole()

/** The token in the newest mail of a kind to an address. */
async function tokenFor(to: string, kind: string): Promise<string> {
  const mails = await tested.mailbox(to)
  const token = mails.findLast((mail) => mail.kind === kind)?.token
  if (!token) throw new Error(`There is no mail of the kind ${kind}`)
  return token
}
const [verifying, moving, resetting, disowned] = [
  await register(),
  await register(),
  await register(),
  await register(),
]
const [verifier, mover] = [await openSession(verifying), await openSession(moving)]
const verification = { token: await tokenFor(moving.email, 'email_verification') }
const rejection = { token: await tokenFor(disowned.email, 'email_verification') }
const moved = newPerson().email
const move = { new_email: newPerson().email, password: moving.password }
expect((await tested.as(mover).post('/users/me/email', { ...move, new_email: moved })).status).toBe(202)
const confirmation = { token: await tokenFor(moved, 'email_change') }
expect((await tested.post('/password-resets', { email: resetting.email })).status).toBe(202)
const reset = {
  token: await tokenFor(resetting.email, 'password_reset'),
  new_password: 'another battery staple',
}
const forgedToken = { token: 'x'.repeat(100) }

type Budget = {
  request: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`
  status: number
  roundTrips: number
  hashes: number
  /** How this request differs from others to its route. */
  note?: string
  by?: Bearer
  body?: object
  /** How often the same request is sent first, to the application with limits: as often as they allow. */
  attempts?: number
}

const { email, password } = person
const wrong = { email, password: 'not the password' }
const unknown = { email: 'nobody@example.com', password: 'not the password' }
const disabled = { email: blocked.email, password: blocked.password }
const taken = { ...newPerson(), email }
const refresh = { refresh_token: session.refresh_token }
const secondRefresh = { refresh_token: second.refresh_token }
const forged = { refresh_token: 'x'.repeat(70) }
const change = { current_password: changing.password, new_password: 'another battery staple' }
const confirm = { password: leaving.password }
const rename = { full_name: 'X' }
const preferences = { username: 'renamed', user_metadata: { theme: 'dark' } }
const roles = { roles: ['user'] }
const permissions = { description: 'X', permissions: [] }
const account = `/users/${person.id}` as const
const firstId = payloadOf(first.access_token)['sid']

/**
 * What each request may cost. A number that has to grow is a decision: docs/performance.md says what a round
 * trip is.
 */
const BUDGETS: Budget[] = [
  { request: 'POST /users', status: 201, roundTrips: 1, hashes: 1, body: newPerson() },
  { request: 'POST /users?sign_in=true', status: 201, roundTrips: 1, hashes: 1, body: newPerson() },
  { request: 'POST /users', status: 409, roundTrips: 1, hashes: 1, body: taken, note: 'taken address' },
  { request: 'POST /users', status: 429, roundTrips: 1, hashes: 0, body: newPerson(), attempts: 10 },

  { request: 'POST /login', status: 200, roundTrips: 2, hashes: 1, body: { email, password } },
  { request: 'POST /auth/login', status: 200, roundTrips: 2, hashes: 1, body: { email, password } },
  { request: 'POST /login', status: 401, roundTrips: 2, hashes: 1, body: wrong, note: 'wrong password' },
  { request: 'POST /login', status: 401, roundTrips: 2, hashes: 1, body: unknown, note: 'unknown address' },
  { request: 'POST /login', status: 401, roundTrips: 2, hashes: 1, body: disabled, note: 'disabled account' },
  { request: 'POST /login', status: 429, roundTrips: 1, hashes: 0, body: unknown, attempts: 5 },

  { request: 'POST /password-resets', status: 202, roundTrips: 1, hashes: 0, body: { email } },
  {
    request: 'POST /password-resets',
    status: 202,
    roundTrips: 1,
    hashes: 0,
    body: { email: unknown.email },
    note: 'unknown address',
  },
  { request: 'POST /password-resets', status: 429, roundTrips: 1, hashes: 0, body: { email }, attempts: 3 },
  { request: 'POST /password-resets/confirm', status: 204, roundTrips: 1, hashes: 1, body: reset },
  {
    request: 'POST /password-resets/confirm',
    status: 400,
    roundTrips: 1,
    hashes: 1,
    body: reset,
    note: 'used token',
  },
  {
    request: 'POST /password-resets/confirm',
    status: 400,
    roundTrips: 0,
    hashes: 0,
    body: { ...reset, ...forgedToken },
    note: 'forged token',
  },
  { request: 'POST /email-verifications', status: 202, roundTrips: 2, hashes: 0, by: verifier },
  { request: 'POST /email-verifications/confirm', status: 204, roundTrips: 1, hashes: 0, body: verification },
  {
    request: 'POST /email-verifications/confirm',
    status: 204,
    roundTrips: 1,
    hashes: 0,
    body: confirmation,
    note: 'a new address',
  },
  {
    request: 'POST /email-verifications/confirm',
    status: 400,
    roundTrips: 0,
    hashes: 0,
    body: forgedToken,
    note: 'forged token',
  },
  { request: 'POST /users/me/email', status: 202, roundTrips: 3, hashes: 1, by: mover, body: move },
  { request: 'POST /email-verifications/reject', status: 204, roundTrips: 1, hashes: 0, body: rejection },
  {
    request: 'POST /email-verifications/reject',
    status: 400,
    roundTrips: 0,
    hashes: 0,
    body: forgedToken,
    note: 'forged token',
  },
  {
    request: 'POST /email-verifications/undo',
    status: 400,
    roundTrips: 0,
    hashes: 0,
    body: forgedToken,
    note: 'forged token',
  },

  { request: 'POST /refresh', status: 200, roundTrips: 1, hashes: 0, body: refresh },
  { request: 'POST /refresh', status: 200, roundTrips: 1, hashes: 0, body: refresh, note: 'repeated' },
  { request: 'POST /auth/refresh', status: 200, roundTrips: 1, hashes: 0, body: secondRefresh },
  { request: 'POST /refresh', status: 401, roundTrips: 0, hashes: 0, body: forged, note: 'forged token' },

  { request: 'GET /users/me', status: 200, roundTrips: 1, hashes: 0, by: session },
  { request: 'GET /auth/me', status: 200, roundTrips: 1, hashes: 0, by: session },
  { request: 'GET /users/me', status: 401, roundTrips: 0, hashes: 0, by: 'a.b.c', note: 'forged token' },
  { request: 'GET /users/me', status: 401, roundTrips: 0, hashes: 0, note: 'no token' },

  { request: 'GET /users/me/sessions', status: 200, roundTrips: 2, hashes: 0, by: session },
  { request: 'GET /users/me/events', status: 200, roundTrips: 2, hashes: 0, by: session },
  { request: 'PATCH /users/me', status: 200, roundTrips: 2, hashes: 0, by: session, body: rename },
  { request: 'PATCH /users/me', status: 200, roundTrips: 2, hashes: 0, by: session, body: preferences },
  { request: `DELETE /users/me/sessions/${firstId}`, status: 204, roundTrips: 2, hashes: 0, by: session },
  { request: 'POST /users/me/password', status: 200, roundTrips: 3, hashes: 2, by: changer, body: change },
  { request: 'DELETE /users/me/sessions', status: 204, roundTrips: 2, hashes: 0, by: leavingEverywhere },
  { request: 'DELETE /users/me', status: 204, roundTrips: 3, hashes: 1, by: leaver, body: confirm },
  { request: 'POST /logout', status: 204, roundTrips: 1, hashes: 0, by: session, body: {} },
  { request: 'POST /auth/logout', status: 204, roundTrips: 1, hashes: 0, by: second, body: {} },

  { request: 'GET /users?query=p&role=user', status: 200, roundTrips: 2, hashes: 0, by: admin },
  { request: 'GET /users?app_metadata.plan=pro', status: 200, roundTrips: 2, hashes: 0, by: admin },
  { request: `GET ${account}`, status: 200, roundTrips: 2, hashes: 0, by: admin },
  { request: `PATCH ${account}`, status: 200, roundTrips: 2, hashes: 0, by: admin, body: rename },
  { request: `DELETE /users/${deleted.id}`, status: 204, roundTrips: 2, hashes: 0, by: admin },
  { request: `PUT ${account}/roles`, status: 200, roundTrips: 2, hashes: 0, by: admin, body: roles },
  { request: `POST ${account}/password-reset`, status: 202, roundTrips: 2, hashes: 0, by: admin },
  { request: `GET ${account}/sessions`, status: 200, roundTrips: 2, hashes: 0, by: admin },
  { request: `DELETE ${account}/sessions`, status: 204, roundTrips: 2, hashes: 0, by: admin },
  { request: 'GET /roles', status: 200, roundTrips: 2, hashes: 0, by: admin },
  { request: `PUT /roles/${role}`, status: 200, roundTrips: 2, hashes: 0, by: admin, body: permissions },
  { request: `DELETE /roles/${role}`, status: 204, roundTrips: 2, hashes: 0, by: admin },
  { request: 'GET /audit-events', status: 200, roundTrips: 2, hashes: 0, by: admin },
  // The second round trip records the refusal.
  { request: 'GET /users', status: 403, roundTrips: 2, hashes: 0, by: outsider },

  { request: 'GET /dev/mail', status: 200, roundTrips: 1, hashes: 0 },

  { request: 'GET /health', status: 200, roundTrips: 0, hashes: 0 },
  { request: 'GET /ready', status: 200, roundTrips: 1, hashes: 0 },
  { request: 'GET /.well-known/jwks.json', status: 200, roundTrips: 0, hashes: 0 },
  { request: 'GET /', status: 200, roundTrips: 0, hashes: 0 },
  { request: 'GET /problems/forbidden', status: 200, roundTrips: 0, hashes: 0 },
  { request: 'GET /openapi.json', status: 200, roundTrips: 0, hashes: 0 },
  { request: 'GET /docs', status: 200, roundTrips: 0, hashes: 0 },
  { request: 'GET /docs/start.js', status: 200, roundTrips: 0, hashes: 0 },
]

async function send({ request: line, by, body }: Budget, { request, post, as }: typeof tested) {
  const [method = '', path = ''] = line.split(' ')
  if (by) return await as(by).send(method, path, body)
  return await (body ? post(path, body) : request(path, { method }))
}

/** The routes that did what they are there for. */
const measured = new Set<string>()

async function expectCost(
  { status, roundTrips, hashes }: Omit<Budget, 'request'>,
  act: () => Promise<Response>,
) {
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
}

const titleOf = ({ request, note, status, roundTrips, hashes }: Budget) => {
  const what = note ? `${request} (${note})` : request
  return `${what}: ${status}, round trips: ${roundTrips}, hashes: ${hashes}`
}

for (const budget of BUDGETS) {
  test(titleOf(budget), async () => {
    const { attempts = 0 } = budget
    for (let attempt = 0; attempt < attempts; attempt++) await send(budget, limited)
    await expectCost(budget, () => send(budget, attempts > 0 ? limited : tested))
  })
}

test('undoing a change of address: 204, round trips: 1, hashes: 0', async () => {
  // The notice was sent by the budget of confirming.
  const undo = { token: await tokenFor(moving.email, 'email_changed') }
  const act = () => tested.post('/email-verifications/undo', undo)
  await expectCost({ status: 204, roundTrips: 1, hashes: 0 }, act)
})

test('emptying the mailbox: 204, round trips: 1, hashes: 0', async () => {
  const act = () => tested.request('/dev/mail', { method: 'DELETE' })
  await expectCost({ status: 204, roundTrips: 1, hashes: 0 }, act)
})

test('a route that is guarded by the token alone costs nothing', async () => {
  const byToken = new Hono<AppEnv>()
    .use(requestContext(deps, ({ passwords }) => passwords))
    .get('/by-token', requireToken(), (c) => c.json(c.var.token))
  const act = () => requestsAs(byToken.request, session).get('/by-token')
  await expectCost({ status: 200, roundTrips: 0, hashes: 0 }, act)
})

test('every route has a budget', () => {
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`)
  expect([...new Set(routes)].filter((route) => !measured.has(route))).toEqual([])
})
