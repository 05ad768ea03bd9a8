import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { freePort, start, untilHealthy } from '../support/process.ts'
import { head, open, statusOf } from '../support/raw-http.ts'

/** A database that accepts every statement and answers none: what asks it is under way for three seconds. */
const silent = createServer().listen(0, '127.0.0.1')
await once(silent, 'listening')
const { port: databasePort } = silent.address() as { port: number }
afterAll(() => void silent.close())

async function startServer() {
  const port = await freePort()
  const server = start('src/node.ts', {
    env: {
      DATABASE_URL: `postgresql://test:test@localhost:${databasePort}/test`,
      PUBLIC_URL: `http://localhost:${port}`,
      JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
      AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
      PORT: String(port),
    },
  })
  onTestFinished(async () => {
    await server.interrupt('SIGKILL')
  })
  await untilHealthy(`http://127.0.0.1:${port}`)
  const signal = (name: NodeJS.Signals) => void process.kill(server.processId ?? 0, name)
  return { port, server, signal }
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const events = (output: string) =>
  output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event !== 'request')

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: what runs ends, nothing new begins, exit 0 (row 100)',
  async (name) => {
    const { port, server, signal } = await startServer()
    const [running, idle, silentOne, sending] = [
      await open(port),
      await open(port),
      await open(port),
      await open(port),
    ]
    running.write(head('GET /ready'))
    idle.write(head('GET /health'))
    expect(await idle.answer()).toMatch(/^connection: keep-alive\r$/im)
    const body = '{"refresh_token":"x"}'
    const json = { 'Content-Type': 'application/json', 'Content-Length': body.length }
    sending.write(`${head('POST /refresh', json)}${body.slice(0, 5)}`)
    await wait(200)
    const began = performance.now()
    signal(name)
    await server.until('"stopping"')
    if (name === 'SIGTERM') {
      // A proxy may have sent it before it heard of the end.
      idle.write(head('GET /health'))
      const last = await idle.answer(2)
      expect(statusOf(last)).toBe(200)
      expect(last).toMatch(/^connection: close\r$/im)
    }
    await idle.closed
    await expect(open(port)).rejects.toThrow('ECONNREFUSED')
    sending.write(body.slice(5))
    expect(statusOf(await sending.answer())).toBe(401)
    expect(sending.received()).toMatch(/^connection: close\r$/im)
    await silentOne.closed
    expect(statusOf(await running.answer())).toBe(503)
    expect(running.received()).toMatch(/^connection: close\r$/im)
    expect(await server.exited).toBe(0)
    expect(performance.now() - began).toBeLessThan(6000)
    const lines = events(server.output()).filter(({ event }) => event !== 'request_failed')
    expect(lines).toMatchObject([
      { event: 'listening', port, public_url: `http://localhost:${port}` },
      { event: 'stopping', signal: name },
      { event: 'stopped', cut: 0 },
    ])
  },
)

test('endless bodies and open connections do not keep the process beyond its deadline', async () => {
  const { port, server, signal } = await startServer()
  const json = { 'Content-Type': 'application/json', 'Content-Length': 16_000 }
  const clients = await Promise.all(Array.from({ length: 30 }, () => open(port, { allowHalfOpen: true })))
  for (const client of clients) client.write(`${head('POST /refresh', json)}{`)
  const drip = setInterval(() => {
    for (const { socket, write } of clients) if (socket.writable) write(' ')
  }, 100)
  await wait(200)
  const began = performance.now()
  signal('SIGTERM')
  expect(await server.exited).toBe(0)
  clearInterval(drip)
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(events(server.output()).at(-1)).toEqual({ event: 'stopped', cut: 30 })
})

test('a second signal, of either kind, ends it at once', async () => {
  const { port, server, signal } = await startServer()
  const client = await open(port)
  client.write(`${head('POST /refresh', { 'Content-Length': 100 })}{`)
  await wait(100)
  signal('SIGTERM')
  await server.until('"stopping"')
  const began = performance.now()
  signal('SIGINT')
  expect(await server.exited).toBeNull()
  expect(performance.now() - began).toBeLessThan(2000)
})
