import { describe, expect, test } from 'vitest'
import { createTestApp } from '../support/test-app.ts'

const onLoopback = await createTestApp()
const onNetwork = await createTestApp({
  variables: {
    PUBLIC_URL: 'https://auth.example.com',
    APP_URL: 'https://app.example.com',
    CORS_ORIGINS:
      'https://app.example.com capacitor://localhost ionic://localhost tauri://localhost http://tauri.localhost https://tauri.localhost',
  },
})
type App = typeof onLoopback

/**
 * Whether a page may read our answers, and act by its visitor's cookies: 401 is what a cookie of nobody gets.
 */
async function allows(app: App, origin: string) {
  const headers = { Origin: origin }
  const read = await app.request('/health', { headers })
  const prefix = app === onNetwork ? '__Host-lumascope' : 'lumascope_8000'
  const acted = await app.request('/refresh', {
    method: 'POST',
    headers: { ...headers, Cookie: `${prefix}_refresh=x` },
  })
  return [read.headers.get('Access-Control-Allow-Origin') === origin, acted.status === 401]
}

describe('a loopback origin that is not listed', () => {
  const origins = [
    'http://localhost:5173',
    'http://127.0.0.1:3000',
    'http://[::1]:8080',
    'https://localhost:3000',
    'http://app.localhost:4321',
  ]

  test.each(origins)(
    '%s may do all of it where this server is on loopback, nothing elsewhere',
    async (origin) => {
      expect(await allows(onLoopback, origin)).toEqual([true, true])
      expect(await allows(onNetwork, origin)).toEqual([false, false])
    },
  )

  test.each([
    'http://evil.example',
    'https://evil.example:3000',
    'http://localhost.evil.example:3000',
    'http://localhost:3000.evil.example',
    'http://127.0.0.1.evil.example',
    'http://0.0.0.0:3000',
    'http://192.168.0.1:3000',
    'http://localhost:3000/',
    'HTTP://localhost:3000',
    'http://user@localhost:3000',
    'file://localhost',
    'capacitor://localhost',
    'null',
    '',
  ])('%s is none, and may do nothing on loopback either', async (origin) => {
    expect(await allows(onLoopback, origin)).toEqual([false, false])
  })
})

test.each([
  'capacitor://localhost',
  'ionic://localhost',
  'tauri://localhost',
  'http://tauri.localhost',
  'https://tauri.localhost',
])('the origin of an app, %s, may do all of it where it is listed', async (origin) => {
  expect(await allows(onNetwork, origin)).toEqual([true, true])
})

test.each(['capacitor://localhost.evil', 'capacitor://localhost:1', 'electron://localhost', 'capacitor:'])(
  'an origin that looks like one of an app, %s, may not',
  async (origin) => {
    expect(await allows(onNetwork, origin)).toEqual([false, false])
  },
)

test('a preflight may ask for the headers that tracing tools add', async () => {
  const names = ['traceparent', 'tracestate', 'sentry-trace', 'baggage', 'x-requested-with', 'content-type']
  const response = await onNetwork.request('/login', {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://app.example.com',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': names.join(','),
    },
  })
  const allowed = (response.headers.get('Access-Control-Allow-Headers') ?? '').toLowerCase().split(',')
  expect(names.filter((name) => !allowed.includes(name))).toEqual([])
})
