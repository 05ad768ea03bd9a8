import { connect } from 'node:net'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { canary, findCanaries, jarOf, markedPerson, tokenTrace } from './support/canaries.ts'
import { freePort, start, untilHealthy } from './support/process.ts'
import { requestsAs } from './support/requests-as.ts'
import type { TokenPair } from './support/test-app.ts'

const FRONTEND = 'http://localhost:3000'
const control = inject('databasesUrl')
const created = await fetch(`${control}/postgres`, { method: 'POST' })
const { url, faultyUrl, name } = (await created.json()) as { url: string; faultyUrl: string; name: string }
const withPassword = (text: string) => text.replace('test:test@', `test:${canary()}@`)

/** Real entries, all of whose secrets are canaries; the second one's database refuses everything. */
async function startServer(databaseUrl: string) {
  const port = await freePort()
  const server = start('src/node.ts', {
    env: {
      DATABASE_URL: withPassword(databaseUrl),
      // As those of the tests' databases end.
      DATABASE_TIMEOUT_MILLISECONDS: '15000',
      PUBLIC_URL: `http://localhost:${port}`,
      JWT_SECRET: canary() + crypto.randomUUID(),
      AUTH_SECRETS: canary() + crypto.randomUUID(),
      LIMIT_REFRESH_SESSION: '1000/100',
      PORT: String(port),
    },
  })
  const api = `http://127.0.0.1:${port}`
  await untilHealthy(api)
  return { server, port, api }
}
const healthy = await startServer(url)
const broken = await startServer(`${faultyUrl}/shuts-down`)
const servers = [healthy, broken]
afterAll(async () => {
  for (const { server } of servers) await server.interrupt()
  await fetch(`${control}/${name}`, { method: 'DELETE' })
})

const ada = markedPerson()
const { email, username, password } = ada.registration
/** The id of every request that was answered, and every token that was issued. */
const answered: (string | null)[] = []
const tokens: string[] = []

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const type = typeof body === 'object' && { 'Content-Type': 'application/json' }
  const response = await fetch(`${healthy.api}${path}`, {
    method,
    headers: { 'User-Agent': ada.userAgent, ...type, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  answered.push(response.headers.get('X-Request-Id'))
  tokens.push(...response.headers.getSetCookie().map((cookie) => cookie.split(/[=;]/)[1] ?? ''))
  return response
}
const pairOf = async (response: Response) => {
  const pair = (await response.json()) as TokenPair
  tokens.push(pair.access_token, pair.refresh_token)
  return pair
}
const as = (token: string) =>
  requestsAs((path, { method = 'GET', body, headers }) => send(method, path, body, headers), token)

/** Bytes as no HTTP client would send them. What comes of it is up to the server. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(healthy.port, '127.0.0.1')
  socket.end(text)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  const id = /^x-request-id: (.+)\r$/im.exec(answer)?.[1]
  if (id) answered.push(id)
  return answer
}

async function signInAndOut() {
  expect((await send('POST', '/users', ada.registration)).status).toBe(201)
  expect((await send('POST', '/users', ada.registration)).status).toBe(409)
  expect((await send('POST', '/login', { email, password: canary() })).status).toBe(401)
  expect((await send('POST', '/login', { username: canary(), password })).status).toBe(401)
  const first = await pairOf(await send('POST', '/login', { username, password }))
  let third = first
  // More rotations than the session remembers, within the grace: replayed.
  for (let turn = 0; turn < 65; turn++)
    third = await pairOf(await send('POST', '/refresh', { refresh_token: third.refresh_token }))
  expect((await send('POST', '/refresh', { refresh_token: first.refresh_token })).status).toBe(401)
  expect((await send('POST', '/refresh', { refresh_token: third.refresh_token })).status).toBe(401)
  const origin = { Origin: FRONTEND }
  const jar = jarOf(await send('POST', '/login?use_cookies=true', { email, password }, origin))
  expect((await send('GET', '/users/me', undefined, { Cookie: jar })).status).toBe(200)
  const next = jarOf(await send('POST', '/refresh', undefined, { Cookie: jar, ...origin }))
  expect((await send('POST', '/logout', undefined, { Cookie: next, ...origin })).status).toBe(204)
}

async function malformed() {
  const { access_token, refresh_token } = await pairOf(await send('POST', '/login', { email, password }))
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const json = { 'Content-Type': 'application/json' }
  expect((await send('POST', '/login', `email=${email}&password=${password}`, form)).status).toBe(401)
  expect((await send('POST', '/login', `{"password":${JSON.stringify(password)},`, json)).status).toBe(400)
  expect((await send('POST', '/users', { ...ada.registration, [canary()]: access_token })).status).toBe(422)
  expect((await send('POST', '/users', password, { 'Content-Type': `text/${canary()}` })).status).toBe(415)
  expect((await send('POST', '/users', canary().repeat(1000), json)).status).toBe(413)
  expect((await send('GET', `/${canary()}?token=${access_token}`)).status).toBe(404)
  expect((await send('PUT', `/login?${refresh_token}`)).status).toBe(405)
  expect((await as(canary()).get('/users/me')).status).toBe(401)
  const line = (method: string, path: string) =>
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \u001b[31m%s"${canary()}\r\nConnection: close\r\n`
  for (const text of [
    `${line('GET', `/users/me?${access_token}`)}Authorization: Bearer ${access_token}\r\n\r\n`,
    `${line('GET', `/%0a%22${canary()}%s`)}\r\n`,
    `${line(canary(), '/health')}\r\n`,
    `${line('POST', '/login')}Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"password":"${password}`,
    `${line('GET', '/health')}X-Large: ${canary().repeat(1000)}\r\n\r\n`,
    `${canary()}\r\n\r\n`,
  ]) {
    await sendRaw(text)
  }
}

async function account() {
  const { access_token } = await pairOf(await send('POST', '/login', { email, password }))
  const former = as(access_token)
  const change = (current_password: string) =>
    former.post('/users/me/password', { current_password, new_password: ada.newPassword })
  expect((await former.patch('/users/me', { full_name: canary() })).status).toBe(200)
  expect((await change(canary())).status).toBe(403)
  const next = as((await pairOf(await change(password))).access_token)
  expect((await next.get('/users/me/events')).status).toBe(200)
  expect((await next.delete('/users/me', { password: canary() })).status).toBe(403)
  expect((await next.delete('/users/me', { password: ada.newPassword })).status).toBe(204)
}

/** What both processes printed, to either stream. */
const lines = ({ server }: typeof healthy) => server.output().split('\n').filter(Boolean)
const parsed = (of: typeof healthy) => lines(of).map((line) => JSON.parse(line) as Record<string, unknown>)

beforeAll(async () => {
  await signInAndOut()
  await malformed()
  await account()
  for (const [path, body] of [
    ['/users', ada.registration],
    ['/login', { email, password }],
  ] as const) {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }
    expect((await fetch(`${broken.api}${path}`, init)).status).toBe(503)
  }
  // What is printed arrives through a pipe, in its order.
  await healthy.server.until(/"method":"DELETE","route":"\/users\/me","status":204/)
  await broken.server.until(/"event":"request".*"route":"\/login","status":503/)
})

test('every line that the server prints is one JSON object of a known event', () => {
  const events = (of: typeof healthy) => [...new Set(parsed(of).map(({ event }) => event))].sort()
  expect(events(healthy)).toEqual(['listening', 'refresh_token_replayed', 'request'])
  expect(events(broken)).toEqual(['listening', 'request', 'request_failed'])
})

test('every request that was answered has one line, and none has two', () => {
  const ids = parsed(healthy)
    .filter(({ event, route }) => event === 'request' && route !== '/health')
    .map((line) => line['request_id'])
  expect(new Set(ids).size).toBe(ids.length)
  expect(answered.length).toBeGreaterThan(25)
  expect(answered.filter((id) => !ids.includes(id))).toEqual([])
})

test('every failure has one line, with its code and the codes of its causes', () => {
  const failures = parsed(broken).filter(({ event }) => event === 'request_failed')
  expect(failures).toHaveLength(2)
  for (const failure of failures) {
    expect(failure).toMatchObject({ code: 'database_unavailable' })
    expect(failure['causes']).toContainEqual({ name: 'NeonDbError', code: '57P01' })
  }
})

test('the output contains no password, token, address, name or secret (rows 53, 54)', () => {
  const output = servers.map(({ server }) => server.output()).join('\n')
  expect(findCanaries(output)).toEqual([])
  // What the failing database says.
  expect(output).not.toContain('canary-internal')
  const issued = tokens.filter(Boolean)
  expect(issued.length).toBeGreaterThan(10)
  expect(issued.filter((token) => output.includes(tokenTrace(token)))).toEqual([])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
  expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
})

test.each([
  ['DATABASE_URL', (secret: string) => `postgresql://test:${secret}%zz@localhost:1:2/x`],
  ['DATABASE_URL', (secret: string) => `mysql://test:${secret}@localhost/x`],
  ['JWT_SECRET', (secret: string) => secret.slice(0, 22)],
  ['AUTH_SECRETS', (secret: string) => `${secret},${secret}`],
  ['JWT_SIGNING_KEYS', (secret: string) => `[{"kty":"oct","k":"${secret}",`],
])('a %s that is not valid is named and not printed (row 53)', async (variable, make) => {
  const refused = start('src/node.ts', {
    env: { PUBLIC_URL: 'http://localhost:1', [variable]: make(canary()) },
  })
  expect(await refused.exited).toBe(1)
  expect(refused.output()).toContain(variable)
  expect(findCanaries(refused.output())).toEqual([])
})
