import { env } from 'cloudflare:workers'
import { expect, onTestFinished, test, vi } from 'vitest'
import worker from '../../src/worker.ts'
import { HOURLY_CRON } from '../../src/workers/create-worker.ts'
import { requestsAs } from '../support/requests-as.ts'
import { newPerson, testDatabase } from '../support/test-app.ts'

const { ASSETS, FLOOD_LIMITER } = env as Parameters<typeof worker.fetch>[1]
const execution = { waitUntil() {}, passThroughOnException() {}, props: {} }
const send = (path: string, variables: Record<string, string>, init?: RequestInit) =>
  worker.fetch(new Request(`http://localhost:8000${path}`, init), { ASSETS, ...variables }, execution)

test('without configuration the Worker refuses every request and logs why (row 82)', async () => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  for (const path of ['/health', '/users/me', '/docs']) {
    const response = await send(path, { JWT_SECRET: 'short', PASSWORD_ITERATIONS: '600000' })
    expect(response.status).toBe(500)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    expect(await response.text()).not.toMatch(/JWT|DATABASE|PASSWORD|short/)
  }
  expect(print).toHaveBeenCalledTimes(3)
  const message = String(print.mock.calls[0]?.[0])
  for (const name of [
    'DATABASE_URL is missing',
    'PUBLIC_URL is missing',
    'JWT_SECRET is shorter',
    'PASSWORD_ITERATIONS is above',
  ]) {
    expect(message).toContain(name)
  }
  expect(message).not.toContain('short\n')
  print.mockClear()
})

test('with it, the entry serves the application at full strength', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {})
  const pause = vi.spyOn((globalThis as unknown as { scheduler: { wait(): void } }).scheduler, 'wait')
  onTestFinished(() => pause.mockRestore())
  const variables = {
    DATABASE_URL: (await testDatabase()).url,
    PUBLIC_URL: 'http://localhost:8000',
    JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
  }
  const json = { 'Content-Type': 'application/json' }
  const person = newPerson()
  const registered = await send('/users', variables, {
    method: 'POST',
    headers: json,
    body: JSON.stringify(person),
  })
  expect(registered.status).toBe(201)
  // Between the six calls of its hash others are served.
  expect(pause).toHaveBeenCalledTimes(5)
  const form = new URLSearchParams({ email: person.email, password: person.password })
  const signedIn = await send('/login', variables, { method: 'POST', body: form })
  expect(signedIn.status).toBe(200)
  const { access_token } = (await signedIn.json()) as { access_token: string }
  const request = (path: string, init?: RequestInit) => send(path, variables, init)
  const me = await requestsAs(request, access_token).get('/users/me')
  expect(await me.json()).toMatchObject({ email: person.email })
  expect((await send('/docs/start.js', variables)).status).toBe(200)
  const lines = () =>
    print.mock.calls.map(([line]) => JSON.parse(String(line)) as { event: string; route?: string })
  expect(lines().map(({ event, route }) => [event, route])).toEqual([
    // This run of the entry has no binding for floods.
    ['flood_limiter_not_bound', undefined],
    ['request', '/users'],
    ['request', '/login'],
    ['request', '/users/me'],
    ['request', '/docs/:file{[a-z-]+\\.(?:css|js|png)}'],
  ])
  print.mockClear()
  await worker.scheduled({ cron: HOURLY_CRON }, { ASSETS, ...variables })
  expect(lines()[0]).toEqual({
    event: 'purged',
    sessions: 0,
    events: 0,
    budgets: 0,
    tokens: 0,
    deliveries: 0,
  })
  print.mockClear()
})

test('Cloudflare’s limiter gets the address from Cloudflare, before any query (row 63)', async () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {})
  const database = await testDatabase()
  vi.resetModules()
  const { default: fresh } = await import('../../src/worker.ts')
  const variables = {
    DATABASE_URL: database.url,
    PUBLIC_URL: 'http://localhost:8000',
    JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
  }
  const attempt = (address: string) => {
    const headers = {
      'CF-Connecting-IP': address,
      'X-Forwarded-For': crypto.randomUUID(),
      'True-Client-IP': crypto.randomUUID(),
    }
    const request = new Request('http://localhost:8000/users', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      // What is counted and goes no further: no hash, no query.
      body: JSON.stringify({ ...newPerson(), password: 'password' }),
    })
    const bindings = { ASSETS, ...(FLOOD_LIMITER && { FLOOD_LIMITER }), ...variables }
    return fresh.fetch(request, bindings, execution)
  }
  await database.roundTrips()
  const statuses = []
  for (let time = 0; time < 101; time++) statuses.push((await attempt('2001:db8:5:5::1')).status)
  expect(statuses).toEqual([...Array(100).fill(422), 429])
  expect((await attempt('2001:db8:5:5::2')).status).toBe(429)
  expect((await attempt('2001:db8:5:6::1')).status).toBe(422)
  expect(await database.roundTrips()).toEqual([])
  print.mockClear()
})
