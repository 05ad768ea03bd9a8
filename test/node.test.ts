import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { freePort, start, untilHealthy } from './support/process.ts'
import { requestsAs } from './support/requests-as.ts'

const control = inject('databasesUrl')
const created = await fetch(`${control}/postgres`, { method: 'POST' })
const { url: databaseUrl, name } = (await created.json()) as { url: string; name: string }
const port = await freePort()
const env = {
  DATABASE_URL: databaseUrl,
  PUBLIC_URL: `http://localhost:${port}`,
  JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
  AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
  PORT: String(port),
}
const api = `http://127.0.0.1:${port}`
const server = start('src/node.ts', { env })
afterAll(async () => {
  await server.interrupt()
  await fetch(`${control}/${name}`, { method: 'DELETE' })
})
await untilHealthy(api)

/** What the server answers to bytes that no HTTP client would send. */
async function raw(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(text)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

test('the Node entry serves registration, sign-in and the current user', async () => {
  const person = {
    username: 'ada',
    email: 'ada@example.com',
    full_name: 'Ada',
    password: 'correct horse battery',
  }
  const registered = await fetch(`${api}/users/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(person),
  })
  expect(registered.status).toBe(201)
  const signedIn = await fetch(`${api}/login`, {
    method: 'POST',
    body: new URLSearchParams(person).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  expect(signedIn.status).toBe(422)
  const { email, password } = person
  const again = await fetch(`${api}/login`, {
    method: 'POST',
    body: new URLSearchParams({ email, password }),
  })
  const { access_token } = (await again.json()) as { access_token: string }
  const request = (path: string, init?: RequestInit) => fetch(api + path, init)
  const me = await requestsAs(request, access_token).get('/users/me')
  expect(await me.json()).toMatchObject({ email })
  expect((await fetch(`${api}/docs/swagger-ui-bundle.js`)).status).toBe(200)
})

test.each([
  [
    'a message with two lengths (row 16)',
    'POST /users HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    /^HTTP\/1\.1 400/,
  ],
  [
    'TRACE (row 80)',
    'TRACE /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    /^HTTP\/1\.1 (400|405|501)/,
  ],
  [
    'NUL in a header (row 24)',
    'GET /health HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a\u0000b\r\nConnection: close\r\n\r\n',
    /^HTTP\/1\.1 400/,
  ],
  ['no Host', 'GET /health HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400/],
  [
    'a path that climbs',
    'GET /docs/../../package.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    /^HTTP\/1\.1 404/,
  ],
  [
    '20 KB of headers (row 87)',
    `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431/,
  ],
])('%s is answered with a 4xx or 501', async (_, text, expected) => {
  expect(await raw(text)).toMatch(expected)
  expect((await fetch(`${api}/health`)).status).toBe(200)
})

test('a body of 100 MB is refused before it is sent (row 16)', async () => {
  const head =
    'POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\nConnection: close\r\n\r\n'
  expect(await raw(head)).toMatch(/^HTTP\/1\.1 413/)
})

test.runIf(process.platform === 'linux')('HEAD requests leave no file open', async () => {
  const open = () => readdirSync(`/proc/${server.processId}/fd`).length
  const head = () => fetch(`${api}/docs/swagger-ui-bundle.js`, { method: 'HEAD' })
  expect((await head()).status).toBe(200)
  const before = open()
  for (let request = 0; request < 100; request++) await head()
  expect(open() - before).toBeLessThan(20)
})

test('a client that goes away while it sends is no fault of ours', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    'POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a"',
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  socket.resetAndDestroy()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(server.output()).not.toContain('internal_error')
})

test('with https as its public URL it serves only requests that a proxy received over https', async () => {
  const otherPort = String(await freePort())
  const other = start('src/node.ts', {
    env: {
      ...env,
      PORT: otherPort,
      PUBLIC_URL: 'https://auth.example.com',
      APP_URL: 'https://app.example.com',
    },
  })
  const status = (proto: string | null, path = '/.well-known/jwks.json') =>
    fetch(
      `http://127.0.0.1:${otherPort}${path}`,
      proto === null ? {} : { headers: { 'X-Forwarded-Proto': proto } },
    )
      .then((response) => response.status)
      .catch(() => 0)
  for (let attempt = 0; attempt < 100 && (await status('https')) === 0; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  for (const proto of ['https', 'HTTPS', 'https, https']) expect(await status(proto), proto).toBe(200)
  for (const proto of [null, '', 'http', 'HTTP', 'http, https', 'https,http', 'httpsx'])
    expect(await status(proto)).toBe(403)
  // A load balancer asks directly.
  for (const proto of [null, 'http', 'https'])
    for (const path of ['/health', '/health/']) expect(await status(proto, path), path).toBe(200)
  expect(await status(null, '/ready')).toBe(200)
  await other.interrupt()
})

const THROUGH_PROXY = ['CONNECT', 'POST node']

test.each([
  ['without what `fetch` adds', {}, ['POST undefined']],
  ['through the proxy of the environment, where Node is told to', { NODE_USE_ENV_PROXY: '1' }, THROUGH_PROXY],
  ['the same, told by a flag', { NODE_OPTIONS: '--use-env-proxy' }, THROUGH_PROXY],
])('statements are sent %s', async (_, variables, expected) => {
  const seen: string[] = []
  // The database and the proxy in one.
  const listener = createHttpServer(({ method, headers }, response) => {
    seen.push(`${method} ${headers['user-agent']}`)
    response.writeHead(500).end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void listener.close())
  await once(listener, 'listening')
  const { port: listening } = listener.address() as { port: number }
  listener.on('connect', ({ method }, client) => {
    seen.push(String(method))
    const target = connect(listening, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'))
    target.pipe(client).pipe(target)
  })
  const otherPort = String(await freePort())
  const other = start('src/node.ts', {
    env: {
      ...{ ...env, ...variables, PORT: otherPort, HTTP_PROXY: `http://127.0.0.1:${listening}` },
      DATABASE_URL: `postgresql://test:test@localhost:${listening}/test`,
    },
  })
  onTestFinished(async () => {
    await other.interrupt()
  })
  await untilHealthy(`http://127.0.0.1:${otherPort}`)
  expect((await fetch(`http://127.0.0.1:${otherPort}/ready`)).status).toBe(503)
  expect(seen).toEqual(expected)
})

test('a configuration that is not valid ends the process with every reason (row 82)', async () => {
  const refused = start('src/node.ts', {
    env: { PORT: '70000', PUBLIC_URL: 'http://auth.example.com', PASSWORD_ROUND: '6' },
  })
  expect(await refused.exited).toBe(1)
  for (const problem of [
    'DATABASE_URL is missing',
    'PUBLIC_URL is plain http',
    'PORT is above 65535',
    'PASSWORD_ROUND is not a variable',
    'JWT_SECRET or',
  ]) {
    expect(refused.output()).toContain(problem)
  }
  expect(refused.output()).not.toMatch(/^\s+at /m)
})

test('a port that is taken ends the process with one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const other = String((taken.address() as { port: number }).port)
  const refused = start('src/node.ts', { env: { ...env, PORT: other } })
  expect(await refused.exited).toBe(1)
  expect(refused.output().trim().split('\n')).toEqual([expect.stringContaining('EADDRINUSE')])
  taken.close()
})

test('a signal ends the process cleanly', async () => {
  const otherPort = String(await freePort())
  const other = start('src/node.ts', { env: { ...env, PORT: otherPort } })
  await untilHealthy(`http://127.0.0.1:${otherPort}`)
  expect(await other.interrupt('SIGTERM')).toBe(0)
})

describe('behind proxies (row 63)', () => {
  const signInAs = async (origin: string, headers: Record<string, string>) => {
    const person = {
      username: `proxied-${crypto.randomUUID().slice(0, 8)}`,
      email: `${crypto.randomUUID()}@example.com`,
    }
    const password = 'correct horse battery'
    const json = { 'Content-Type': 'application/json', ...headers }
    const body = JSON.stringify({ ...person, full_name: 'Somebody', password })
    expect((await fetch(`${origin}/users`, { method: 'POST', headers: json, body })).status).toBe(201)
    const signedIn = await fetch(`${origin}/login`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ email: person.email, password }),
    })
    const { access_token: token } = (await signedIn.json()) as { access_token: string }
    const request = (path: string, init?: RequestInit) => fetch(origin + path, init)
    const sessions = await requestsAs(request, token).get('/users/me/sessions')
    const { items } = (await sessions.json()) as { items: { ip_address: string }[] }
    return items[0]?.ip_address
  }
  const spoofed = {
    'X-Forwarded-For': '198.51.100.1, 198.51.100.2, 203.0.113.9',
    'CF-Connecting-IP': '198.51.100.3',
    'True-Client-IP': '198.51.100.4',
    'X-Real-IP': '198.51.100.5',
    Forwarded: 'for=198.51.100.6',
  }

  test('no header names the client unless a proxy is configured', async () => {
    expect(await signInAs(api, spoofed)).toBe('127.0.0.1')
  })

  test('with one hop the client is whom the last proxy saw, and a direct one is itself', async () => {
    const ownPort = await freePort()
    const origin = `http://127.0.0.1:${ownPort}`
    const proxied = start('src/node.ts', {
      env: { ...env, PORT: String(ownPort), TRUSTED_PROXY_HOPS: '1' },
    })
    try {
      await untilHealthy(origin)
      expect(await signInAs(origin, spoofed)).toBe('203.0.113.9')
      expect(await signInAs(origin, {})).toBe('127.0.0.1')
    } finally {
      await proxied.interrupt()
    }
  })

  test('the first line refuses the 101st costly request of a minute', async () => {
    // What is counted and goes no further: no hash, no query.
    const person = { username: 'flood', email: 'flood@example.com', full_name: 'Flood', password: 'password' }
    const headers = { 'Content-Type': 'application/json' }
    const send = async () =>
      (await fetch(`${api}/users`, { method: 'POST', headers, body: JSON.stringify(person) })).status
    // At once: sent one after the other by a slow machine, they would be within the limit.
    const statuses = await Promise.all(Array.from({ length: 200 }, send))
    expect(statuses.filter((status) => status === 422).length).toBeGreaterThanOrEqual(100)
    expect(statuses).toContain(429)
    expect((await fetch(`${api}/health`)).status).toBe(200)
  })
})
