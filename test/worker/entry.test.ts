import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import worker from '../../src/worker.ts'
import { newPerson, testDatabase } from '../support/test-app.ts'

const { ASSETS } = env as Parameters<typeof worker.fetch>[1]
const send = (path: string, variables: Record<string, string>, init?: RequestInit) =>
  worker.fetch(new Request(`http://localhost:8000${path}`, init), { ASSETS, ...variables })

test('without its configuration the Worker refuses every request, and says why in its log alone', async () => {
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
  const form = new URLSearchParams({ email: person.email, password: person.password })
  const signedIn = await send('/login', variables, { method: 'POST', body: form })
  expect(signedIn.status).toBe(200)
  const { access_token } = (await signedIn.json()) as { access_token: string }
  const me = await send('/users/me', variables, { headers: { Authorization: `Bearer ${access_token}` } })
  expect(await me.json()).toMatchObject({ email: person.email })
  expect((await send('/docs/start.js', variables)).status).toBe(200)
  const print = vi.spyOn(console, 'log').mockImplementation(() => {})
  await worker.scheduled(null, { ASSETS, ...variables })
  expect(print.mock.calls).toEqual([[JSON.stringify({ event: 'purged', sessions: 0 })]])
  print.mockClear()
})
