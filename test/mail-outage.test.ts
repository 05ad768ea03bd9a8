import { afterAll, expect, inject, onTestFinished, test } from 'vitest'
import { createApp, jobs, makeDeps, parseConfig, runFrequent } from '../src/index.ts'
import { freePort, start, untilHealthy } from './support/process.ts'
import { startSmtp } from './support/smtp-server.ts'

// A mail server that is gone for a while, and a process that is killed at the worst moment: real ones.

const control = inject('databasesUrl')
const created = await fetch(`${control}/postgres`, { method: 'POST' })
const { url: databaseUrl, name: database } = (await created.json()) as { url: string; name: string }
afterAll(async () => {
  await fetch(`${control}/${database}`, { method: 'DELETE' })
})

const smtp = await startSmtp({ tls: 'none' })
afterAll(() => smtp.close())

const variables = {
  DATABASE_URL: databaseUrl,
  JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
  AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
  DATABASE_TIMEOUT_MILLISECONDS: '15000',
  MAIL_URL: `smtp://localhost:${smtp.port}`,
  MAIL_FROM: 'no-reply@example.com',
  LIMIT_REGISTER_ADDRESS: '10000/60',
  LIMIT_FLOOD_ADDRESS: '10000/60',
  LIMIT_MAIL_ADDRESS: '10000/60',
  LIMIT_MAIL_ACCOUNT: '1000/100',
}

async function startServer() {
  const port = await freePort()
  const api = `http://localhost:${port}`
  const env = { ...variables, PUBLIC_URL: api, PORT: String(port) }
  const server = start('src/node.ts', { env })
  onTestFinished(async () => void (await server.interrupt('SIGKILL')))
  await untilHealthy(api)
  const post = (path: string, body: object) =>
    fetch(api + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  const register = async (name: string) => {
    const person = { username: name, email: `${name}@example.com`, full_name: 'Somebody' }
    const response = await post('/users', { ...person, password: 'correct horse battery' })
    expect(response.status).toBe(201)
    return person.email
  }
  return { api, server, post, register }
}

/** The schedule of an instance whose clock is some minutes later than ours. */
async function runScheduleLater(minutes: number): Promise<void> {
  const config = parseConfig({ ...variables, PUBLIC_URL: 'http://localhost:8000' })
  const deps = makeDeps(config, {
    assets: () => Promise.resolve(new Response(null, { status: 404 })),
    clientAddress: () => null,
    floodLimiter: null,
    isPlainHttp: () => false,
    hashing: { running: 1 },
  })
  createApp(deps)
  await runFrequent({ ...deps, clock: () => new Date(Date.now() + minutes * 60_000) }, jobs)
}

async function sql(text: string): Promise<Record<string, string | null>[]> {
  const response = await fetch(`${control}/${database}/sql`, {
    method: 'POST',
    body: JSON.stringify({ text, values: [] }),
  })
  return (await response.json()) as Record<string, string | null>[]
}
const unsent = async () =>
  Number((await sql('select count(*) from outbox where sent_at is null'))[0]?.['count'])

test('dead for a run of 200 requests, then back: all are answered as before, and every mail arrives (row 38)', async () => {
  const { server, post } = await startServer()
  await sql(`insert into users (username, email, full_name, created_at, updated_at)
    select 'person' || i, 'person' || i || '@example.com', 'Somebody', now(), now() from generate_series(1, 200) as i`)
  const emails = Array.from({ length: 200 }, (_, index) => `person${index + 1}@example.com`)
  smtp.behave({ isDead: true })
  smtp.clear()
  const answers = []
  for (let start = 0; start < 200; start += 10) {
    const some = emails.slice(start, start + 10)
    const responses = await Promise.all(some.map((email) => post('/password-resets', { email })))
    for (const response of responses) answers.push(`${response.status} ${await response.text()}`)
  }
  expect(answers).toEqual(Array(200).fill('202 {"status":"accepted"}'))
  expect(smtp.received).toEqual([])
  expect(await unsent()).toBe(200)
  // Else its own tries, within their leases, would meet those of a schedule whose clock is ahead.
  await server.interrupt('SIGTERM')
  smtp.behave({})
  // Those that a process has claimed and not sent are due after their lease.
  for (let minutes = 3; minutes < 20 && (await unsent()) > 0; minutes += 3) await runScheduleLater(minutes)
  expect(await unsent()).toBe(0)
  const ids = smtp.received.map(({ mail }) => mail.messageId)
  expect(new Set(ids).size).toBe(200)
  expect(ids).toHaveLength(200)
  expect(new Set(smtp.received.map(({ envelope }) => envelope.to.join()))).toEqual(new Set(emails))
})

test('killed between sending and recording: the mail arrives twice, with one Message-ID', async () => {
  const { server, post, register } = await startServer()
  const email = await register('killed')
  await expect.poll(unsent, { timeout: 30_000 }).toBe(0)
  smtp.clear()
  // The server takes the mail over, and its answer never reaches the process.
  smtp.behave({ delayMilliseconds: 2000 })
  expect((await post('/password-resets', { email })).status).toBe(202)
  await expect.poll(() => smtp.taking(), { timeout: 30_000 }).toBe(1)
  await server.interrupt('SIGKILL')
  await expect.poll(() => smtp.received.length, { timeout: 30_000 }).toBe(1)
  expect(await unsent()).toBe(1)
  smtp.behave({})
  await runScheduleLater(0)
  expect(smtp.received).toHaveLength(1)
  await runScheduleLater(3)
  expect(smtp.received).toHaveLength(2)
  expect(await unsent()).toBe(0)
  const [first, second] = smtp.received
  expect(second?.mail.messageId).toBe(first?.mail.messageId)
  expect(second?.mail.text).toBe(first?.mail.text)
})

test('SIGTERM waits for the mails that are being sent', async () => {
  const { server, register } = await startServer()
  smtp.clear()
  smtp.behave({ delayMilliseconds: 1500 })
  await register('stopping')
  await server.interrupt('SIGTERM')
  expect(server.output()).toContain('"stopped","cut":0')
  expect(smtp.received).toHaveLength(1)
  expect(await unsent()).toBe(0)
  smtp.behave({})
})
