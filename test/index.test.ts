import { expect, test } from 'vitest'
import { ConfigError, createApp, makeDeps, parseConfig } from '../src/index.ts'

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
