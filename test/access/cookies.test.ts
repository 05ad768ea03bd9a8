import { describe, expect, test } from 'vitest'
import { createTestApp } from '../support/test-app.ts'

const online = { PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' }
const first = await createTestApp()
const second = await createTestApp({ variables: { PUBLIC_URL: 'http://localhost:8001' } })

type App = typeof first
/**
 * The cookies that a browser has after signing in, by name; a later one of the same name replaces the former.
 */
async function signIn(app: App, jar = new Map<string, string>()) {
  const { email, password } = await app.register()
  const origin = { Origin: app.config.publicUrl }
  const response = await app.post('/login?use_cookies=true', { email, password }, origin)
  const cookies = response.headers.getSetCookie()
  for (const cookie of cookies) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
    jar.set(name, value)
  }
  return { email, jar, cookies }
}
const whoIs = async (app: App, jar: Map<string, string>) => {
  const Cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const me = await app.request('/users/me', { headers: { Cookie } })
  return ((await me.json()) as { email?: string }).email
}

test('two instances on different ports of one browser keep their cookies apart', async () => {
  const jar = new Map<string, string>()
  const there = await signIn(first, jar)
  const here = await signIn(second, jar)
  expect([...jar.keys()].sort()).toEqual(
    ['8000', '8001'].flatMap((port) =>
      ['access', 'device', 'refresh'].map((kind) => `lumascope_${port}_${kind}`),
    ),
  )
  expect(await whoIs(first, jar)).toBe(there.email)
  expect(await whoIs(second, jar)).toBe(here.email)
})

test.each([
  ['http://localhost', 'lumascope_80_'],
  ['https://localhost', '__Host-lumascope_443_'],
  ['https://localhost:8443', '__Host-lumascope_8443_'],
  ['http://[::1]:8000', 'lumascope_8000_'],
  ['https://auth.example.com', '__Host-lumascope_'],
  ['https://auth.example.com:8443', '__Host-lumascope_'],
])('the port is part of the names on loopback and nowhere else: %s', async (PUBLIC_URL, prefix) => {
  const app = await createTestApp({ variables: { ...online, PUBLIC_URL } })
  const { jar } = await signIn(app)
  expect([...jar.keys()].sort()).toEqual(['access', 'device', 'refresh'].map((kind) => prefix + kind))
})

describe('cookies for a frontend on another site', () => {
  const attributes = (cookies: string[]) =>
    new Set(cookies.map((cookie) => cookie.split('; ').slice(2).join('; ')))
  const none = { ...online, COOKIE_SAME_SITE: 'none' }

  test('are partitioned where that is set, also when they are removed', async () => {
    const app = await createTestApp({ variables: { ...none, COOKIE_PARTITIONED: 'true' } })
    const { cookies, jar } = await signIn(app)
    const expected = new Set(['Path=/; HttpOnly; Secure; SameSite=None; Partitioned'])
    expect(attributes(cookies)).toEqual(expected)
    const Cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const out = await app.request('/logout', { method: 'POST', headers: { Cookie, Origin: online.APP_URL } })
    expect(out.headers.getSetCookie()).toHaveLength(2)
    expect(attributes(out.headers.getSetCookie())).toEqual(expected)
  })

  test('are not partitioned by default', async () => {
    const { cookies } = await signIn(await createTestApp({ variables: none }))
    expect(attributes(cookies)).toEqual(new Set(['Path=/; HttpOnly; Secure; SameSite=None']))
  })
})
