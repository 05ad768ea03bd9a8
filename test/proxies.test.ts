import { Agent, request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freePort, start, untilHealthy } from './support/process.ts'
import { hasProxies, type ProxyName, startProxy } from './support/proxies.ts'
import { head, open, statusOf } from './support/raw-http.ts'

/** Skipped where nginx and HAProxy are not installed and this process may not install them. */
const isPossible = hasProxies()

const control = inject('databasesUrl')
const created = await fetch(`${control}/postgres`, { method: 'POST' })
const { url: databaseUrl, name: database } = (await created.json()) as { url: string; name: string }
const secrets = {
  JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
  AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
}
/** Takes twenty seconds, in which the other tests run. */
const timeLimits = isPossible ? watchTimeLimits() : Promise.reject(new Error('Nothing is tried'))
timeLimits.catch(() => {})
afterAll(async () => {
  await fetch(`${control}/${database}`, { method: 'DELETE' })
})

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function startServer() {
  const port = await freePort()
  const server = start('src/node.ts', {
    env: {
      ...secrets,
      DATABASE_URL: databaseUrl,
      PUBLIC_URL: 'https://auth.example.com',
      APP_URL: 'https://app.example.com',
      BREACHED_PASSWORDS_URL: 'off',
      TRUSTED_PROXY_HOPS: '1',
      LIMIT_FLOOD_ADDRESS: '10000/60',
      LIMIT_REGISTER_ADDRESS: '1000/60',
      PORT: String(port),
    },
  })
  await untilHealthy(`http://127.0.0.1:${port}`)
  return { port, server }
}

type Sent = {
  method?: string
  path: string
  body?: string | Buffer
  agent?: Agent
  headers?: Record<string, string>
}

/** The status that a client gets; the name of what went wrong where it gets none. */
function send(
  port: number,
  { method = 'POST', path, body = '', agent, headers = {} }: Sent,
): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>()
  const sent = httpRequest({
    ...{ host: '127.0.0.1', port, method, path },
    ...(agent && { agent }),
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers },
  })
  sent.on('response', (response) => {
    response.resume()
    response.on('end', () => resolve(response.statusCode ?? 0))
    response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
  sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  sent.end(body)
  return promise
}

/** How often each of them came. */
const tally = (statuses: readonly (number | string)[]) =>
  Object.fromEntries(
    Map.groupBy(statuses, String)
      .entries()
      .map(([status, { length }]) => [status, length]),
  )

let people = 0
const registration = () => {
  people++
  const username = `proxied${people}`
  return JSON.stringify({
    username,
    email: `${username}@example.com`,
    full_name: 'Somebody',
    password: 'correct horse battery',
  })
}

const REFUSED_TOKEN = JSON.stringify({ refresh_token: 'forged' })

/**
 * Sends requests one after the other on a few kept connections until told to stop, with pauses: without any,
 * these processes would take both cores from all other tests.
 */
function load(port: number, { clients, pause }: { clients: number; pause: number }, make: () => Sent) {
  let isOver = false
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const statuses: (number | string)[] = []
  const one = async () => {
    while (!isOver) {
      statuses.push(await send(port, { ...make(), agent }))
      await wait(pause)
    }
  }
  const running = Promise.all(Array.from({ length: clients }, one))
  const stop = async () => {
    isOver = true
    await running
    agent.destroy()
    return statuses
  }
  return { stop, answered: () => statuses.length }
}

/** What comes of three connections on which a request never arrives whole, and after how long. */
async function watchTimeLimits() {
  const { port, server } = await startServer()
  const headers = {
    'X-Forwarded-Proto': 'https',
    'Content-Type': 'application/json',
    'Content-Length': 10_000,
  }
  const watch = async (text: string) => {
    const began = performance.now()
    const client = await open(port)
    client.write(text)
    const drip = setInterval(() => text && client.socket.writable && client.write('x'), 500)
    await client.closed
    clearInterval(drip)
    return { received: client.received(), seconds: (performance.now() - began) / 1000 }
  }
  const [silent, halfHead, slowBody] = await Promise.all([
    watch(''),
    watch('POST /refresh HTTP/1.1\r\nHo'),
    watch(`${head('POST /refresh', headers)}{`),
  ])
  await server.interrupt()
  return { silent, halfHead, slowBody }
}

/** One server behind all proxies: each has connections of its own to it. */
const shared = isPossible ? await startServer() : null
afterAll(async () => void (await shared?.server.interrupt()))

const PROXIES: ProxyName[] = ['nginx', 'nginx, unbuffered', 'HAProxy']

test.skipIf(isPossible)(
  'nginx and HAProxy are missing, and only root can install them: nothing is tried',
  ({ skip }) => skip(),
)

describe.runIf(isPossible).each(PROXIES)('behind %s', (name) => {
  let proxy: Awaited<ReturnType<typeof startProxy>>
  beforeAll(async () => {
    proxy = await startProxy(name, [shared?.port ?? 0])
  })
  afterAll(() => proxy.stop())

  test('refused uploads cost nobody else an answer (row 99)', async () => {
    const { stop, answered } = load(proxy.port, { clients: 6, pause: 5 }, () => ({
      path: '/refresh',
      body: REFUSED_TOKEN,
    }))
    const upload = Buffer.alloc(900_000, ' ')
    const uploads = []
    // More on a busy machine, until so many others were answered meanwhile.
    for (let count = 0; count < 20 || answered() <= 300; count++) {
      uploads.push(send(proxy.port, { path: '/users', body: upload }))
      await wait(150)
    }
    const refused = await Promise.all(uploads)
    // The connection of an upload that was cut off dies up to half a second later.
    await wait(600)
    const others = await stop()
    expect(tally(others)).toEqual({ 401: others.length })
    expect(tally(refused)).toEqual({ 413: refused.length })
  })

  test('half bodies, half heads, silent connections and slow bodies hold nobody up', async () => {
    const json = { 'Content-Type': 'application/json', 'Content-Length': 10_000 }
    const texts = [
      '',
      'POST /refresh HTTP/1.1\r\nHo',
      `${head('POST /refresh', json)}{`,
      head('POST /login', json),
    ]
    const clients = await Promise.all(Array.from({ length: 200 }, () => open(proxy.port)))
    for (const [index, client] of clients.entries()) client.write(texts[index % texts.length] ?? '')
    const drip = setInterval(() => {
      for (const { socket, write } of clients) if (socket.writable) write('x')
    }, 200)
    for (let count = 0; count < 20; count++) {
      const began = performance.now()
      expect(await send(proxy.port, { path: '/refresh', body: REFUSED_TOKEN })).toBe(401)
      expect(performance.now() - began).toBeLessThan(1000)
    }
    clearInterval(drip)
    for (const { socket } of clients) socket.destroy()
  })

  test('clients that disconnect at any moment cost nobody else a response, and are no error', async () => {
    const { stop } = load(proxy.port, { clients: 4, pause: 20 }, () => ({
      path: '/refresh',
      body: REFUSED_TOKEN,
    }))
    for (let count = 0; count < 60; count++) {
      const client = await open(proxy.port)
      // Few that are hashed: it goes on when the client has gone.
      const [line, body] =
        count % 12 === 0 ? ['POST /users', registration()] : ['POST /refresh', REFUSED_TOKEN]
      const length = { 'Content-Type': 'application/json', 'Content-Length': body.length }
      client.write(head(line, length) + body.slice(0, count % 3 === 1 ? 20 : undefined))
      await wait(count % 20)
      client.socket.resetAndDestroy()
    }
    await wait(300)
    const others = await stop()
    expect(tally(others)).toEqual({ 401: others.length })
    expect(shared?.server.output()).not.toMatch(/"(request_failed|internal_error)"/)
  })
})

describe.runIf(isPossible).concurrent('what takes time', () => {
  test.for(PROXIES)(
    'connections that idled for longer than most servers keep them serve the next requests: %s',
    async (name, { onTestFinished }) => {
      const port = shared?.port ?? 0
      const proxy = await startProxy(name, [port])
      onTestFinished(() => proxy.stop())
      const burst = () =>
        Promise.all(
          Array.from({ length: 30 }, () => send(proxy.port, { path: '/refresh', body: REFUSED_TOKEN })),
        )
      expect(tally(await burst())).toEqual({ 401: 30 })
      const direct = await open(port)
      direct.write(head('GET /health'))
      expect(statusOf(await direct.answer())).toBe(200)
      // A server that keeps them for five seconds closes some of them at these moments, and loses the
      // requests.
      for (const pause of [4900, 50, 50, 50, 900, 200]) {
        await wait(pause)
        expect(tally(await burst())).toEqual({ 401: 30 })
      }
      // The race is won most of the time; this is what it is about.
      await wait(1000)
      direct.write(head('GET /health'))
      expect(statusOf(await direct.answer(2))).toBe(200)
      direct.socket.destroy()
    },
  )

  test.for(['nginx', 'HAProxy'] as const)(
    'SIGTERM under load loses no request, and the process ends in time: behind %s',
    async (name, { onTestFinished }) => {
      const [old, next] = [await startServer(), await startServer()]
      const proxy = await startProxy(name, [old.port, next.port])
      onTestFinished(async () => {
        await proxy.stop()
        await next.server.interrupt()
        await old.server.interrupt('SIGKILL')
      })
      const loads = [
        load(proxy.port, { clients: 8, pause: 10 }, () => ({ path: '/refresh', body: REFUSED_TOKEN })),
        load(proxy.port, { clients: 2, pause: 100 }, () => ({ path: '/users', body: registration() })),
        load(proxy.port, { clients: 2, pause: 20 }, () => ({ method: 'GET', path: '/users/me' })),
      ]
      await wait(1000)
      const began = performance.now()
      if (old.server.processId) process.kill(old.server.processId, 'SIGTERM')
      expect(await old.server.exited).toBe(0)
      expect(performance.now() - began).toBeLessThan(10_000)
      await wait(500)
      const [forged = [], registered = [], anonymous = []] = await Promise.all(
        loads.map(({ stop }) => stop()),
      )
      expect(tally(forged)).toEqual({ 401: forged.length })
      expect(tally(registered)).toEqual({ 201: registered.length })
      expect(tally(anonymous)).toEqual({ 401: anonymous.length })
      expect(old.server.output()).toContain('"stopped","cut":0')
    },
  )
})

test.runIf(isPossible)(
  'what never arrives whole is answered 408 in less than half a minute, by the server itself',
  async () => {
    const { silent, halfHead, slowBody } = await timeLimits
    expect(silent).toMatchObject({ received: '' })
    expect(silent.seconds).toBeLessThan(14)
    expect(halfHead.seconds).toBeLessThan(14)
    expect(statusOf(halfHead.received)).toBe(408)
    expect(slowBody.seconds).toBeLessThan(25)
    expect(statusOf(slowBody.received)).toBe(408)
  },
)
