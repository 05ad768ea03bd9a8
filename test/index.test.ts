import { hc } from 'hono/client'
import { describe, expect, test } from 'vitest'
import { type AppType, ConfigError, createApp, makeDeps, parseConfig } from '../src/index.ts'

test('whoever installs the package builds the application from its front door', async () => {
  const config = parseConfig({
    DATABASE_URL: 'postgresql://nobody:nothing@localhost:1/none',
    PUBLIC_URL: 'http://localhost:8000',
    JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
  })
  const lines: object[] = []
  const deps = makeDeps(config, {
    assets: () => Promise.resolve(new Response(null, { status: 404 })),
    clientAddress: () => null,
    floodLimiter: null,
    isPlainHttp: () => false,
    hashing: { running: 1 },
  })
  const app = createApp({ ...deps, log: (entry) => void lines.push(entry) })
  const response = await app.request('http://localhost:8000/health')
  expect(await response.json()).toEqual({ status: 'ok' })
  expect(lines).toHaveLength(1)
  expect(() => parseConfig({})).toThrow(ConfigError)
})

describe('a typed client', () => {
  // What is checked here is that it compiles, or does not.
  const url = 'http://localhost:8000'
  const json = { email: 'ada@example.com', password: 'correct horse battery' }
  const both = { ...json, username: 'ada', full_name: 'Ada Lovelace' }

  test('has the fields of LumaScope by default', () => {
    const { users } = hc<AppType>(url)
    const calls = [
      () => users.$post({ json: both, query: {} }),
      () => users.$post({ json: both, query: { sign_in: 'true' } }),
      // @ts-expect-error -- both fields are required
      () => users.$post({ json, query: {} }),
      () => users.me.$patch({ json: { full_name: 'Ada', user_metadata: { theme: 'dark' } } }),
      // @ts-expect-error -- what is required can't be removed
      () => users.me.$patch({ json: { full_name: null } }),
    ]
    expect(calls).toHaveLength(5)
  })

  test('has those of the deployment that it names', () => {
    const { users } = hc<AppType<{ username: 'absent'; full_name: 'optional' }>>(url)
    const calls = [
      () => users.$post({ json, query: {} }),
      () => users.$post({ json: { ...json, full_name: 'Ada' }, query: {} }),
      // @ts-expect-error -- there are no usernames
      () => users.$post({ json: both, query: {} }),
      () => users.me.$patch({ json: { full_name: null } }),
      // @ts-expect-error -- here neither
      () => users.me.$patch({ json: { username: 'ada' } }),
    ]
    expect(calls).toHaveLength(5)
  })

  test('has the other route where registration is closed', () => {
    const { users } = hc<AppType<{ username: 'absent'; full_name: 'absent' }, 'closed'>>(url)
    const calls = [
      () => users.$post({ json: { email: 'ada@example.com' }, query: {} }),
      // @ts-expect-error -- administrators choose no password
      () => users.$post({ json: { email: 'ada@example.com', password: 'x' }, query: {} }),
      () => users.me.$get(),
    ]
    expect(calls).toHaveLength(3)
  })

  test('knows what an answer shows', () => {
    const show = async () => {
      const response = await hc<AppType>(url).users.me.$get()
      const { username, user_metadata } = await response.json()
      // @ts-expect-error -- an account may have no username
      const name: string = username
      const metadata: Readonly<Record<string, unknown>> = user_metadata
      return [name, metadata]
    }
    expect(show).toBeInstanceOf(Function)
  })
})
