import { beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { jobs } from '../../src/app.ts'
import { prepareDatabase } from '../../src/db/client.ts'
import type { AppDeps } from '../../src/deps.ts'
import { makeDeps } from '../../src/make-deps.ts'
import { runHourly } from '../../src/schedule/run-scheduled.ts'
import {
  canariesOf,
  canary,
  findCanaries,
  jarOf,
  type Marked,
  markedPerson,
  tokenTrace,
} from '../support/canaries.ts'
import { LOST } from '../support/fault-names.ts'
import { sweepRecovery } from '../support/recovery-sweep.ts'
import { requestsAs } from '../support/requests-as.ts'
import {
  type Credentials,
  createRecorder,
  hostileRequests,
  json,
  openSession,
  properRequest,
  routesOf,
} from '../support/sweep.ts'
import {
  createTestApp,
  createTestDatabase,
  FRONTEND,
  payloadOf,
  type TokenPair,
  testDatabase,
} from '../support/test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

const database = await testDatabase()
const withPassword = (url: string) => url.replace('test:test@', `test:${canary()}@`)
const secrets = {
  DATABASE_URL: withPassword(database.url),
  JWT_SECRET: canary() + crypto.randomUUID(),
  // Sent to a server: the mailbox of development would show everybody's.
  MAIL_URL: `resend:${canary()}?endpoint=${inject('mailProviderUrl')}/accepts/canaries`,
  MAIL_FROM: 'no-reply@example.com',
  AUTH_SECRETS: `${canary()}${crypto.randomUUID()},${canary()}${crypto.randomUUID()}`,
}
const apps: App[] = []
async function appWith(deps: Partial<AppDeps> = {}, other?: typeof database): Promise<App> {
  const DATABASE_URL = other ? withPassword(other.url) : secrets.DATABASE_URL
  const app = await createTestApp({
    variables: { ...secrets, DATABASE_URL },
    deps,
    ...(other && { database: other }),
  })
  apps.push(app)
  return app
}

const healthy = await appWith()
const recorder = createRecorder()
const { exchanges, send } = recorder
const routes = routesOf(healthy)
const ada = markedPerson()
const bob = markedPerson()
const eve = markedPerson()
/** An administrator, and whom she administers. */
const grace = markedPerson()
const dan = markedPerson()
const people = [ada, bob, eve, grace, dan]
/** Every hash that was ever stored. */
const hashes = new Set<string>()

const mailed: string[] = []
const keepHashes = async () => {
  const rows = await database.sql('select password_hash from users')
  for (const { password_hash } of rows) if (password_hash) hashes.add(password_hash)
}
/** Requests with a token, recorded as those of the person who sends it. */
const as = (who: Marked, token: string) => requestsAs((path, init) => send(healthy, who, path, init), token)

/** What people do, right and wrong, once around every route. */
async function everyFlow() {
  for (const person of people) await send(healthy, person, '/users', json(person.registration))
  await keepHashes()
  const { email, username, password } = ada.registration
  await send(healthy, eve, '/users', json({ ...markedPerson().registration, email }))
  await send(healthy, eve, '/users', json({ ...markedPerson().registration, username }))
  for (const route of ['/login', '/auth/login']) {
    await send(healthy, ada, route, json({ username, password }))
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ email, password }).toString()
    await send(healthy, ada, route, { method: 'POST', headers: form, body })
    await send(healthy, eve, route, json({ email, password: canary() }))
    await send(healthy, eve, route, json({ username, password: canary() }))
    await send(healthy, eve, route, json({ email: `${canary()}@example.com`, password: canary() }))
    await send(healthy, eve, route, json({ email, username, password }))
  }
  for (const prefix of ['', '/auth']) await refreshing(prefix)
  people.push(...(await sweepRecovery(recorder, healthy, { keepHashes, tokens: mailed })))
  await ownSessions()
  for (const path of [
    '/health',
    '/ready',
    '/.well-known/jwks.json',
    '/openapi.json',
    '/docs',
    '/docs/start.js',
  ])
    await as(ada, canary()).get(`${path}?token=${canary()}`)
  await send(healthy, ada, '/problems/invalid_token')
  await ownAccount()
  await administration()
  await keepHashes()
}

async function refreshing(prefix: string) {
  const first = await openSession(recorder, healthy, ada)
  const refresh = (refresh_token: string) => send(healthy, ada, `${prefix}/refresh`, json({ refresh_token }))
  const second = (await (await refresh(first.refresh_token)).json()) as TokenPair
  // Its predecessor within the grace, and after it.
  expect((await refresh(first.refresh_token)).status).toBe(200)
  healthy.clock.now = new Date(healthy.clock.now.getTime() + 120_000)
  expect((await refresh(first.refresh_token)).status).toBe(401)
  expect((await refresh(second.refresh_token)).status).toBe(401)
  const cookies = { Cookie: first.jar, Origin: FRONTEND }
  const next = jarOf(await send(healthy, ada, `${prefix}/refresh`, { method: 'POST', headers: cookies }))
  await send(healthy, ada, '/auth/me', { headers: { Cookie: next } })
  await send(healthy, ada, `${prefix}/logout`, {
    method: 'POST',
    headers: { Cookie: next, Origin: FRONTEND },
  })
  const { access_token, refresh_token } = await openSession(recorder, healthy, ada)
  await as(ada, access_token).post(`${prefix}/logout`, { refresh_token })
}

async function ownSessions() {
  const { access_token } = await openSession(recorder, healthy, ada)
  const own = as(ada, access_token)
  const { items } = (await (await own.get('/users/me/sessions')).json()) as {
    items: { id: string; current: boolean }[]
  }
  const other = items.find(({ current }) => !current)
  await own.delete(`/users/me/sessions/${other?.id}`)
  await as(ada, canary()).delete(`/users/me/sessions/${other?.id}`)
  await own.get('/users/me/events')
  await own.delete('/users/me/sessions?keep_current=true')
  await own.delete('/users/me/sessions')
}

async function ownAccount() {
  const { access_token } = await openSession(recorder, healthy, bob)
  const former = as(bob, access_token)
  const { password, full_name } = bob.registration
  const change = (current_password: string) =>
    former.post('/users/me/password', { current_password, new_password: bob.newPassword })
  await former.get('/users/me')
  const profile = { full_name: `${full_name} ${canary()}`, username: canary() }
  await former.patch('/users/me', profile)
  await change(canary())
  const changed = (await (await change(password)).json()) as TokenPair
  await keepHashes()
  const remove = (given: string) => as(bob, changed.access_token).delete('/users/me', { password: given })
  await remove(canary())
  expect((await remove(bob.newPassword)).status).toBe(204)
}

async function administration() {
  const appoint = "insert into user_roles select id, 'admin' from users where email = $1"
  await database.sql(appoint, [grace.registration.email.toLowerCase()])
  const { access_token } = await openSession(recorder, healthy, grace)
  await openSession(recorder, healthy, dan)
  const act = async (method: string, path: string, body?: object) => {
    const response = await as(grace, access_token).send(method, path, body)
    expect(response.status, `${method} ${path}`).toBeLessThan(300)
    return response
  }
  const { username, email, full_name } = dan.registration
  const found = await act('GET', `/users?query=${username}`)
  const [{ id }] = ((await found.json()) as { items: [{ id: number }] }).items
  await act('GET', `/users?query=${encodeURIComponent(email)}&role=user&status=active&limit=1`)
  await act('GET', '/users?limit=1')
  await act('GET', `/users/${id}`)
  await act('PATCH', `/users/${id}`, { full_name, status: 'disabled', disabled_reason: canary() })
  await act('PATCH', `/users/${id}`, { status: 'active' })
  await act('GET', '/roles')
  await act('PUT', '/roles/editor', { description: 'Edits', permissions: ['users:read'] })
  await act('POST', `/users/${id}/password-reset`)
  await act('PUT', `/users/${id}/roles`, { roles: ['editor'] })
  await act('PUT', `/users/${id}/roles`, { roles: [] })
  await act('DELETE', '/roles/editor')
  await act('GET', `/users/${id}/sessions`)
  await act('DELETE', `/users/${id}/sessions`)
  await act('GET', `/audit-events?user_id=${id}`)
  const refused: [string, string, object?][] = [
    ['PUT', `/roles/${canary()}!`, { description: canary(), permissions: [canary()] }],
    ['PUT', `/users/${id}/roles`, { roles: [canary()] }],
    ['GET', `/users?query=x&cursor=${canary()}`],
    ['GET', `/audit-events?type=${canary()}`],
    ['DELETE', `/roles/${canary()}`],
  ]
  for (const [method, path, body] of refused) {
    expect((await as(grace, access_token).send(method, path, body)).status).toBeGreaterThanOrEqual(400)
  }
  await act('DELETE', `/users/${id}`)
}

/** Every route, with all that does not belong into a request. */
async function everyHostileRequest() {
  const nobody = { access_token: '', refresh_token: '', jar: '' }
  for (const route of routes) {
    let session = nobody
    for (const index of hostileRequests(route, eve, nobody).keys()) {
      if (session === nobody) session = await openSession(recorder, healthy, eve)
      const [path, init] = hostileRequests(route, eve, session)[index] ?? ['']
      const response = await send(healthy, eve, path, init)
      // It may have ended the session.
      if (response.ok) session = nobody
    }
  }
}

/** Every route of an application, as it is meant, at once. */
async function everyProperRequest(app: App, session: Credentials) {
  app.clock.now = healthy.clock.now
  await Promise.all(routes.map((route) => send(app, eve, ...properRequest(route, eve, session))))
}

// The schedule tries a purge that times out again and again, with ever smaller batches.
const options = { now: () => performance.now(), timeoutMilliseconds: 1000 }
const overUrl = (url: string) => ({ connect: prepareDatabase(url, options) })
const throws = (secret: string) => {
  // A message as careless libraries make them, with a line like one of a stack.
  const error = new Error(`can not hash ${secret}\n    at ${secret}`, { cause: new Error(secret) })
  return Promise.reject(error)
}

async function everyFault() {
  const faults = LOST.map((fault) =>
    fault === 'refuses' ? 'postgresql://test:test@localhost:1/refuses' : `${database.faultyUrl}/${fault}`,
  )
  const broken = await Promise.all(faults.map((url) => appWith(overUrl(withPassword(url)))))
  const halved = await createTestDatabase()
  await halved.sql('alter table users rename column full_name to name')
  broken.push(
    await appWith({ passwords: { hash: throws, verify: throws } }),
    await appWith({}, halved),
    await appWith({ floodLimiter: { limit: ({ key }) => throws(`${canary()} ${key}`) } }),
    await appWith({ floodLimiter: { limit: () => Promise.resolve({ success: false }) } }),
  )
  const sessions: [App, Credentials][] = []
  for (const app of broken) sessions.push([app, await openSession(recorder, healthy, eve)])
  await Promise.all(sessions.map(([app, session]) => everyProperRequest(app, session)))
  await Promise.all(broken.map((app) => runHourly(app.deps, jobs)))
}

beforeAll(async () => {
  await everyFlow()
  await everyHostileRequest()
  await everyFault()
  await runHourly(healthy.deps, jobs)
}, 120_000)

const logged = () => apps.flatMap(({ requests, log }) => [...requests, ...log])
const issued = () => [...new Set(exchanges.flatMap(({ tokens }) => tokens)), ...mailed]
const answered = ({ headers, body }: { headers: string; body: string }) => `${headers}\n${body}`
/** What shows people to administrators. */
const isAdministration = /^(GET|PATCH|PUT) \/users(\/\d+(\/roles)?)? 200$/
const where = ({ method, path, status }: { method: string; path: string; status: number }) =>
  `${method} ${path.split('?')[0]} ${status}`

test('the sweep reaches every route, with success and without', () => {
  const reached = (isRight: (status: number) => boolean) =>
    new Set(
      healthy.requests
        .filter(({ status }) => isRight(status as number))
        .map(({ method, route }) => `${method} ${route}`),
    )
  const all = routes.map(({ method, path }) => `${method} ${path}`)
  expect(all.filter((route) => !reached((status) => status < 300).has(route))).toEqual([])
  const statuses = new Set(apps.flatMap(({ requests }) => requests.map(({ status }) => status)))
  for (const status of [200, 201, 204, 400, 401, 403, 404, 409, 415, 422, 429, 500, 503])
    expect(statuses).toContain(status)
})

test('the sweep would recognise every secret', () => {
  expect(findCanaries(JSON.stringify(secrets))).toHaveLength(5)
  expect(issued().length).toBeGreaterThan(100)
  expect(hashes.size).toBeGreaterThanOrEqual(4)
  expect(findCanaries(encodeURIComponent(ada.registration.password))).toHaveLength(2)
})

describe('the log', () => {
  test('contains no string of a request, no token and no secret (rows 53, 54)', () => {
    // Save the names of origins, which are no people: whoever sets CORS_ORIGINS has to know them.
    const origins = logged().filter(({ event }) => event === 'origin_refused')
    expect(origins.filter(({ origin }) => !/^https:\/\/canary\w{16}\.example$/.test(String(origin)))).toEqual(
      [],
    )
    const text = JSON.stringify(logged().filter(({ event }) => event !== 'origin_refused'))
    expect(findCanaries(text)).toEqual([])
    // What failing databases say.
    expect(text).not.toContain('canary-internal')
    expect(issued().filter((token) => text.includes(tokenTrace(token)))).toEqual([])
    expect([...hashes].filter((hash) => text.includes(tokenTrace(hash)))).toEqual([])
    for (const { k } of healthy.config.signingKeys.map((key) => key as { k?: string }))
      expect(text).not.toContain(k)
  })

  test('has one line for every request, and one more for every fault of ours', () => {
    expect(apps.flatMap(({ requests }) => requests)).toHaveLength(exchanges.length)
    const failed = exchanges.filter(({ status }) => status >= 500).map(({ requestId }) => requestId)
    expect(failed.length).toBeGreaterThan(50)
    const lines = logged().filter(({ event }) => event === 'request_failed')
    expect(lines.map((line) => line['request_id']).sort()).toEqual(failed.sort())
  })

  test('has no other events than these', () => {
    const events = new Set(logged().map(({ event }) => event))
    expect([...events].sort()).toEqual([
      'origin_refused',
      'purged',
      'refresh_token_replayed',
      'request',
      'request_failed',
      'schedule_failed',
    ])
  })
})

describe('no response', () => {
  test('contains a password, a secret, a hash, or a string that was sent as a token (row 53)', () => {
    const personal = people.map(({ registration: { password: _, ...profile }, userAgent }) =>
      JSON.stringify({ profile, userAgent }),
    )
    const known = canariesOf(...personal)
    for (const exchange of exchanges) {
      expect(answered(exchange)).not.toContain('canary-internal')
      const found = findCanaries(answered(exchange)).filter((text) => !known.has(text))
      const named =
        exchange.status === 422 ? found.filter((text) => !isMemberName(exchange.sent, text)) : found
      // Profiles change to these once.
      const changed = exchange.method === 'PATCH' && exchange.status === 200
      if (!changed) expect(named, where(exchange)).toEqual([])
      expect([...hashes].filter((hash) => answered(exchange).includes(tokenTrace(hash)))).toEqual([])
    }
  })

  test('contains a token, except the response that issues it', () => {
    const tokens = issued()
    for (const exchange of exchanges) {
      const text = answered(exchange)
      const found = tokens.filter((token) => text.includes(tokenTrace(token)))
      if (found.length === 0) continue
      // Who replaces a password goes on as a new session, by cookies if it came with cookies.
      // Who resets one gets the cookie of their browser.
      expect(where(exchange)).toMatch(
        /^POST ((\/auth)?\/(login|refresh) 200|\/users\/me\/password 20[04]|\/password-resets\/confirm 204)$/,
      )
      for (const token of found) expect(exchange.sent).not.toContain(token)
      const isCookie = exchange.status === 204 || exchange.body.includes('"token_type":"cookie"')
      const elsewhere = isCookie
        ? exchange.body
        : exchange.headers.replace(/lumascope_8000_device=[\w-]+/, '')
      expect(found.filter((token) => elsewhere.includes(tokenTrace(token)))).toEqual([])
    }
  })

  test("contains an email address, except its owner's own profile", () => {
    for (const { registration } of people) {
      const [email = ''] = findCanaries(registration.email)
      const told = exchanges.filter((exchange) => answered(exchange).includes(email))
      expect(told.length).toBeGreaterThan(1)
      for (const exchange of told) {
        expect(exchange.headers).not.toContain(email)
        if (exchange.who === grace && isAdministration.test(where(exchange))) continue
        expect(exchange.who?.registration.email, where(exchange)).toBe(registration.email)
        expect(where(exchange)).toMatch(
          /^(POST \/users 201|(GET|PATCH) \/users\/me 200|GET \/auth\/me 200|POST (\/auth)?\/(login|refresh) 200)$/,
        )
      }
    }
  })

  test('holds an access token of somebody else, or one that says more than who it is', () => {
    for (const { who, tokens } of exchanges) {
      for (const token of tokens.filter((text) => text.split('.').length === 3)) {
        const { sub, full_name, ...rest } = payloadOf(token)
        expect(findCanaries(JSON.stringify(rest))).toEqual([])
        if (full_name === undefined) {
          // In a cookie.
          expect(sub).toBe(String(rest['uid']))
          continue
        }
        expect(sub).toBe(who?.registration.email)
        expect(canariesOf(String(full_name))).toContain(findCanaries(who?.registration.full_name ?? '')[0])
      }
    }
  })
})

/** Whether a text was sent as the name of a member of a JSON body, which the answer may repeat. */
const isMemberName = (sent: string, text: string) => sent.includes(`"${text}":`)

test.each(['audit_events', 'sessions', 'rate_limits'])(
  'no row of %s holds a password, a token, a cookie, an email address or a hash (row 53)',
  async (table) => {
    const rows = await database.sql(
      `select to_jsonb(t) - 'user_agent' as row, user_agent from ${table} t`.replace(
        ', user_agent from rate_limits',
        ' from rate_limits',
      ),
    )
    expect(rows.length).toBeGreaterThan(0)
    const text = JSON.stringify(rows.map(({ row }) => row))
    expect(findCanaries(text)).toEqual([])
    expect(issued().filter((token) => text.includes(tokenTrace(token)))).toEqual([])
    expect([...hashes].filter((hash) => text.includes(tokenTrace(hash)))).toEqual([])
    const known = canariesOf(...people.map(({ userAgent }) => userAgent))
    const agents = findCanaries(JSON.stringify(rows.map(({ user_agent }) => user_agent ?? '')))
    expect(agents.filter((agent) => !known.has(agent))).toEqual([])
  },
)

const passwords = () =>
  canariesOf(...people.flatMap((person) => [person.registration.password, person.newPassword]))

test.each(['one_time_tokens', 'outbox'])(
  'no row of %s holds a password, a token or a hash (row 53)',
  async (table) => {
    const text = JSON.stringify(await database.sql(`select to_jsonb(t) as row from ${table} t`))
    expect(text).toContain('password_reset')
    expect(findCanaries(text).filter((found) => passwords().has(found))).toEqual([])
    expect(issued().filter((token) => text.includes(tokenTrace(token)))).toEqual([])
    expect([...hashes].filter((hash) => text.includes(tokenTrace(hash)))).toEqual([])
  },
)

test('a password is stored as its hash alone', async () => {
  const text = JSON.stringify(await database.sql('select to_jsonb(t) as row from users t'))
  expect(findCanaries(text).filter((found) => passwords().has(found))).toEqual([])
  expect(text).toContain(findCanaries(ada.registration.email)[0])
})

describe('the output', () => {
  const forgeries = [
    '{"event":"forged"}',
    '\n{"event":"forged"}',
    '\r\n{"event":"forged"}\r\n',
    '"},{"event":"forged","x":"',
    '\u001b[2J\u001b[31mforged',
    '%s %d %j %o forged',
    '\u2028forged\u2029',
    'forged\u0000',
  ]

  test('stays one line of JSON a request, whatever the request says (row 54)', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {})
    const platform = { assets: healthy.deps.assets, clientAddress: () => null, hashing: { running: 1 } }
    const { log } = makeDeps(healthy.config, { ...platform, floodLimiter: null, isPlainHttp: () => false })
    const app = await createTestApp({
      variables: secrets,
      deps: { log, passwords: { hash: throws, verify: throws } },
    })
    let sent = 0
    for (const text of forgeries) {
      const header = text.replaceAll(/[\r\n\0]|[^\0-\xff]/g, '')
      const headers = { 'User-Agent': header, 'X-Request-Id': header, Cookie: header }
      const paths = [
        `/users/me/sessions/${encodeURIComponent(text)}`,
        `/${encodeURIComponent(text)}`,
        `/health?${encodeURIComponent(text)}`,
      ]
      for (const path of paths) await app.request(path, { headers })
      const person = { ...markedPerson().registration, password: `${text} and more` }
      for (const member of ['email', 'username', 'full_name', 'password'] as const)
        await app.request('/users', json({ ...person, [member]: text }, headers))
      await app.request('/users', json(person, headers))
      await app.request('/login', json({ email: text, password: text }, headers))
      // It gets as far as the hasher, whose error repeats it.
      await app.request('/login', json({ email: ada.registration.email, password: text }, headers))
      await app.request('/login', json({ [text]: text }, headers))
      sent += paths.length + 8
    }
    const calls = [...print.mock.calls]
    print.mockReset()
    const entries = calls.map(([line, ...rest]) => {
      expect(rest).toEqual([])
      // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|forged|canary[\da-f]/i)
      return JSON.parse(String(line)) as { event: string }
    })
    expect(entries.filter(({ event }) => event === 'request')).toHaveLength(sent)
    const failed = entries.filter(({ event }) => event === 'request_failed')
    expect(failed.length).toBeGreaterThanOrEqual(forgeries.length)
    expect(entries).toHaveLength(sent + failed.length)
  })
})
