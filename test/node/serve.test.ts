import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import type { AppDeps } from '../../src/deps.ts'
import { makeDeps } from '../../src/make-deps.ts'
import { BOUNDS, createAppServer } from '../../src/node/serve.ts'
import { head, open, statusOf } from '../support/raw-http.ts'

const config = parseConfig({
  DATABASE_URL: 'postgresql://nobody:nothing@localhost:1/none',
  PUBLIC_URL: 'https://auth.example.com',
  APP_URL: 'https://app.example.com',
  JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
  AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
})
const SCRIPT = 'x'.repeat(3_000_000)

type Fetch = Parameters<typeof createAppServer>[0]
type Entry = Parameters<AppDeps['log']>[0]

/** The real application behind the real server, without a database: a statement would fail at once. */
async function serve({ fetch, bounds = {} }: { fetch?: Fetch; bounds?: Partial<typeof BOUNDS> } = {}) {
  const log: Entry[] = []
  const deps = {
    ...makeDeps(config, {
      assets: () => Promise.resolve(new Response(SCRIPT, { headers: { 'Content-Type': 'text/javascript' } })),
      clientAddress: () => '203.0.113.7',
      floodLimiter: null,
      isPlainHttp: () => false,
      hashing: { running: 1000 },
    }),
    log: (entry: Entry) => void log.push(entry),
  }
  const app = createApp(deps)
  const { server } = createAppServer(fetch ?? ((request, bindings) => app.fetch(request, bindings)), deps, {
    ...BOUNDS,
    ...bounds,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as { port: number }
  return { port, log, server }
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const JSON_TYPE = { 'Content-Type': 'application/json' }
const large = 'x'.repeat(300_000)

/** What every refusal of ours is, whoever refuses: the application, or a parser before it. */
function expectProblem(answer: string, status: number, code: string) {
  expect(statusOf(answer)).toBe(status)
  const [headers = '', body = ''] = answer.split('\r\n\r\n')
  for (const line of [
    /^content-type: application\/problem\+json$/im,
    /^strict-transport-security: max-age=63072000; includeSubDomains$/im,
    /^content-security-policy: default-src 'none';/im,
    /^x-content-type-options: nosniff$/im,
    /^cache-control: no-store$/im,
    /^date: \w{3}, /im,
  ]) {
    expect(headers).toMatch(line)
  }
  const id = /^x-request-id: (.+)$/im.exec(headers)?.[1]?.trim()
  expect(JSON.parse(body)).toMatchObject({ status, code, instance: expect.stringContaining(id ?? '?') })
  return id
}

describe('an answer that leaves its request unread (row 99)', () => {
  test.each([
    [
      'a length that is too large',
      head('POST /users', { ...JSON_TYPE, 'Content-Length': large.length }),
      large,
      413,
    ],
    [
      'no length and too much',
      head('POST /users', { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }),
      `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`,
      413,
    ],
    ['a body where none is read', head('GET /health', { 'Content-Length': large.length }), large, 200],
    ['a path that is not there', head('DELETE /none', { 'Content-Length': large.length }), large, 413],
    [
      'a target that is none',
      head('POST http://', { ...JSON_TYPE, 'Content-Length': large.length }),
      large,
      400,
    ],
    ['a preflight with a body', head('OPTIONS /users', { 'Content-Length': large.length }), large, 413],
  ])('says that it is the last of its connection, and arrives whole: %s', async (_, text, body, status) => {
    const { port } = await serve()
    const client = await open(port)
    client.write(text)
    client.write(body)
    const answer = await client.answer()
    expect(statusOf(answer)).toBe(status)
    expect(answer).toMatch(/^connection: close\r$/im)
    await client.closed
    expect(client.failure()).toBeNull()
    expect(client.isEnded()).toBe(true)
  })

  test('arrives at a client that reads late and sends without end, and is then cut off', async () => {
    const { port } = await serve()
    const client = await open(port, { allowHalfOpen: true })
    client.write(head('POST /users', { ...JSON_TYPE, 'Content-Length': 10 ** 12 }))
    const chunk = 'x'.repeat(8 * 1024)
    const timer = setInterval(() => client.socket.writable && client.write(chunk), 5)
    // Busy with sending at first: a reset would fail that, and take along what the client has not read.
    client.socket.pause()
    await wait(200)
    client.socket.resume()
    const began = performance.now()
    expect(statusOf(await client.answer())).toBe(413)
    expect(performance.now() - began).toBeLessThan(1000)
    await client.closed
    clearInterval(timer)
    expect(performance.now() - began).toBeLessThan(6000)
  })
})

test.each([
  ['POST /users', JSON_TYPE, '{"a":', 400],
  ['GET /users/me', {}, '', 401],
  ['POST /users/me/password', JSON_TYPE, '{"current_password":"a"}', 401],
  ['POST /nothing', JSON_TYPE, '{}', 404],
  ['PUT /login', JSON_TYPE, '{}', 405],
  ['POST /users', { 'Content-Type': 'text/plain' }, 'x'.repeat(16_000), 415],
  ['POST /users', JSON_TYPE, '{}', 422],
])(
  'a request that was read keeps its connection, for longer than clean-ups take: %s %o',
  async (line, headers, body, status) => {
    const { port } = await serve()
    const client = await open(port)
    client.write(head(line, { ...headers, 'Content-Length': body.length }) + body)
    const answer = await client.answer()
    expect(statusOf(answer)).toBe(status)
    expect(answer).toMatch(/^keep-alive: timeout=65\r$/im)
    await wait(700)
    client.write(head('GET /health'))
    expect(statusOf(await client.answer(2))).toBe(200)
    client.socket.destroy()
  },
)

describe('a request that no Request can be made of', () => {
  const targets = [
    ...[
      'http://user@localhost/health',
      'http://user:pw@localhost/docs',
      'http://:@localhost:99999/',
      'http://',
    ],
    ...[
      'http://[::1/health',
      'http://a b/',
      'https://user@localhost',
      'ftp://localhost/health',
      '*',
      'health',
    ],
    ...['//', '//user@host/health', '/\\health', '/%', '/%zz', '/%00', '/health?%ff', '/#', '/docs/%2e%2e/x'],
    ...[
      '/docs//',
      '/problems/%E0%A4%A',
      '/..;/',
      'localhost:80',
      'javascript:1',
      '/health\\..',
      '?',
      '/.',
      '/\u00e9',
    ],
  ]
  const hosts = [
    ...['localhost', 'user@localhost', 'user:pw@localhost:1', 'a b', '[::1', 'localhost:99999', '%', '', '/'],
    ...['a/b', 'a?b', 'a#b', 'xn--', '256.256.256.256', '\\', '@', ':80', 'a,b', 'localhost\r\nHost: other'],
  ]

  test('is answered with a problem document, whatever its target or Host, and never 5xx', async () => {
    const { port, log } = await serve()
    const cases = [
      ...targets.map((target) => [target, 'localhost'] as const),
      ...hosts.flatMap((host) => [['/health', host] as const, ['/docs', host] as const]),
    ]
    const seen = new Map<string, number>()
    for (const [target, host] of cases) {
      for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS']) {
        const client = await open(port)
        client.socket.end(head(`${method} ${target}`, { Host: host, 'Content-Length': 0 }))
        await client.closed
        const name = `${method} ${target} ${host}`
        seen.set(name, statusOf(client.received()))
        expect(statusOf(client.received()), name).toBeGreaterThanOrEqual(200)
        expect(statusOf(client.received()), name).toBeLessThan(500)
        if (statusOf(client.received()) >= 400)
          expect(client.received(), name).toMatch(/^content-type: application\/problem\+json\r$/im)
      }
    }
    for (const refused of ['GET http://user@localhost/health localhost', 'GET /health user@localhost'])
      expect(seen.get(refused)).toBe(400)
    expect(seen.get('GET /health localhost')).toBe(200)
    expect(log.filter(({ event }) => event !== 'request')).toEqual([])
  })

  test.each([
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n', 400, 'malformed_request'],
    ['two Hosts', 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'malformed_request'],
    ['no HTTP at all', '\u0016\u0003\u0001\u0002\u0000\r\n\r\n', 400, 'malformed_request'],
    ['a header without a name', head('GET /health', { '': 'x' }), 400, 'malformed_request'],
    [
      'two lengths',
      head('POST /users', { 'Content-Length': 2, 'Transfer-Encoding': 'chunked' }),
      400,
      'malformed_request',
    ],
    [
      'a broken chunk',
      `${head('POST /users', { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' })}zz\r\n`,
      400,
      'malformed_request',
    ],
    ['CONNECT', head('CONNECT localhost:80'), 400, 'malformed_request'],
    ['20 KB of headers', head('GET /health', { X: 'x'.repeat(20_000) }), 431, 'headers_too_large'],
    ['a target of 20 KB', head(`GET /${'x'.repeat(20_000)}`), 431, 'headers_too_large'],
    [
      'chunk extensions of 20 KB',
      `${head('POST /users', { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' })}1;${'x'.repeat(20_000)}\r\na\r\n`,
      413,
      'payload_too_large',
    ],
  ])('has the headers, the id and the line in the log of any refusal: %s', async (_, text, status, code) => {
    const { port, log } = await serve()
    const client = await open(port)
    client.write(text)
    const id = expectProblem(await client.answer(), status, code)
    await client.closed
    expect(log.filter(({ request_id }) => request_id === id)).toMatchObject([{ event: 'request', status }])
    expect(log.filter(({ event }) => event === 'request_failed')).toEqual([])
  })

  test('an expectation that is none of ours is ignored', async () => {
    const { port } = await serve()
    const client = await open(port)
    client.write(head('GET /health', { Expect: 'a-miracle' }))
    expect(statusOf(await client.answer())).toBe(200)
  })

  test('HTTP/1.0 without a Host, as health checks are, is served', async () => {
    const { port } = await serve()
    const client = await open(port)
    client.write('GET /health HTTP/1.0\r\n\r\n')
    await client.closed
    expect(client.received()).toContain('{"status":"ok"}')
  })

  test('does not take the answer of the request before it on the same connection', async () => {
    const { port } = await serve({ fetch: async () => wait(200).then(() => new Response('first')) })
    const client = await open(port)
    client.write(`${head('GET /health')}garbage\r\n\r\n`)
    await client.closed
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*\r\n\r\nfirst$/i)
  })
})

describe('a client that goes away is no fault of ours', () => {
  const bodies: [string, string][] = [
    ['a JSON body with a length', head('POST /users', { ...JSON_TYPE, 'Content-Length': 100 })],
    [
      'a form',
      head('POST /login', { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': 100 }),
    ],
    [
      'a multipart form',
      head('POST /login', { 'Content-Type': 'multipart/form-data; boundary=a', 'Content-Length': 100 }),
    ],
    ['a body that is optional', head('POST /refresh', { ...JSON_TYPE, 'Content-Length': 100 })],
    ['a body that no route reads', head('DELETE /nothing', { 'Content-Length': 100 })],
    ['a body of unknown type', head('POST /logout', { 'Content-Length': 100 })],
    ['a chunked body', `${head('POST /users', { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' })}64\r\n`],
    ['a chunked body that is optional', `${head('POST /refresh', { 'Transfer-Encoding': 'chunked' })}64\r\n`],
  ]

  test.each(bodies)('in the middle of %s: 400 in the log, and no alarm', async (_, text) => {
    const { port, log } = await serve()
    for (const leave of ['resetAndDestroy', 'destroy', 'end'] as const) {
      const client = await open(port)
      client.write(`${text}{"a"`)
      await wait(50)
      client.socket[leave]()
      await client.closed
    }
    await wait(100)
    expect(log.filter(({ event, status }) => event !== 'request' || status !== 400)).toEqual([])
    expect(log.length).toBeGreaterThanOrEqual(3)
  })

  test('while it waits or in the middle of its response: nothing is printed but log lines', async () => {
    const { port, log } = await serve({
      fetch: async (request) => {
        await wait(50)
        return new Response(new URL(request.url).pathname === '/large' ? new Blob([SCRIPT]).stream() : 'x')
      },
    })
    const printed: unknown[][] = []
    const original = { ...console }
    for (const name of ['log', 'info', 'warn', 'error'] as const)
      console[name] = (...values: unknown[]) => void printed.push(values)
    onTestFinished(() => void Object.assign(console, original))
    for (const path of ['/small', '/large']) {
      for (const after of [10, 60]) {
        const client = await open(port)
        client.socket.pause()
        client.write(head(`GET ${path}`))
        await wait(after)
        client.socket.resetAndDestroy()
        await wait(100)
      }
    }
    expect(printed).toEqual([])
    expect(log).toEqual([])
  })
})

test('a client that resets after CONNECT ends nothing but its own connection', async () => {
  const { port, log } = await serve()
  for (let time = 0; time < 20; time++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')
    socket.resetAndDestroy()
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  expect(JSON.stringify(log)).not.toContain('internal_error')
})

describe('bounds', () => {
  const bounds = {
    headersTimeout: 300,
    requestTimeout: 600,
    connectionsCheckingInterval: 50,
    stalledTimeout: 800,
  }
  const incomplete: [string, string, number][] = [
    ['half a head', 'GET /health HTTP/1.1\r\n', 408],
    ['half a body', `${head('POST /refresh', { ...JSON_TYPE, 'Content-Length': 100 })}{`, 408],
    ['half a chunked body', `${head('POST /refresh', { 'Transfer-Encoding': 'chunked' })}64\r\n{`, 408],
  ]

  test.each(incomplete)(
    'what does not arrive is waited for as long as the bounds say: %s',
    async (_, text, status) => {
      const { port, log } = await serve({ bounds })
      const client = await open(port)
      const began = performance.now()
      client.write(text)
      const drip = setInterval(() => client.socket.writable && client.write('X'), 100)
      expectProblem(await client.answer(), status, 'request_timeout')
      clearInterval(drip)
      await client.closed
      expect(performance.now() - began).toBeLessThan(2000)
      expect(log.filter(({ event }) => event !== 'request')).toEqual([])
    },
  )

  test('a connection that says nothing is closed without a word', async () => {
    const { port, log } = await serve({ bounds })
    const client = await open(port)
    await client.closed
    expect(client.received()).toBe('')
    expect(log).toEqual([])
  })

  test('a client that does not read its answer is cut', async () => {
    const { port, server } = await serve({
      bounds,
      fetch: () => new Response(new Blob([SCRIPT.repeat(10)]).stream()),
    })
    const client = await open(port)
    client.socket.pause()
    client.write(head('GET /large'))
    await wait(100)
    const count = () =>
      new Promise<number>((resolve) => server.getConnections((_, number) => resolve(number)))
    expect(await count()).toBe(1)
    // Node looks twice whether any of it was read.
    for (let attempt = 0; attempt < 50 && (await count()) > 0; attempt++) await wait(100)
    expect(await count()).toBe(0)
  })

  test('the slowest connections make room, and clients that send at once are served', async () => {
    const { port, log } = await serve({ bounds: { maxConnections: 20 } })
    const slow = []
    for (let count = 0; count < 100; count++) {
      slow.push(await open(port))
      slow[count]?.write(`${head('POST /refresh', { ...JSON_TYPE, 'Content-Length': 100 })}{`)
      if (count % 5 !== 0) continue
      const honest = await open(port)
      honest.write(head('GET /health'))
      expect(statusOf(await honest.answer())).toBe(200)
      honest.socket.destroy()
    }
    await wait(50)
    const left = slow.filter(({ socket }) => !socket.destroyed && !socket.readableEnded)
    expect(left.length).toBeLessThanOrEqual(20)
    expect(left).toEqual(slow.slice(-left.length))
    expect(log.filter(({ event }) => event === 'connections_full')).toHaveLength(1)
  })

  test('connections with a request under way are never closed: one more is refused', async () => {
    const gate = Promise.withResolvers<void>()
    const { port } = await serve({
      bounds: { maxConnections: 3 },
      fetch: async () => gate.promise.then(() => new Response('served')),
    })
    const busy = []
    for (let count = 0; count < 3; count++) {
      const client = await open(port)
      client.write(head('GET /health'))
      busy.push(client)
    }
    await wait(50)
    const refused = await open(port)
    refused.write(head('GET /health'))
    const answer = await refused.answer()
    expectProblem(answer, 503, 'overloaded')
    expect(answer).toMatch(/^retry-after: \d+\r$/im)
    gate.resolve()
    for (const client of busy) expect(await client.answer()).toContain('served')
    await refused.closed
  })

  test('keep-alive outlasts that of proxies, which is 60 s', () => {
    expect(BOUNDS.keepAliveTimeout).toBeGreaterThan(60_000)
    expect(BOUNDS.requestTimeout).toBeGreaterThan(BOUNDS.headersTimeout)
    expect(BOUNDS.requestTimeout).toBeLessThanOrEqual(30_000)
  })
})
