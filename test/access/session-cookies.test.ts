import { describe, expect, test } from 'vitest'
import { createTestApp, DEFAULT_LIMITS, FRONTEND, newPerson, PUBLIC_URL } from '../support/test-app.ts'

const local = await createTestApp()
const https = await createTestApp({
  variables: { PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' },
})
type App = typeof local
const sites: [string, App, string, string][] = [
  ['plain-http loopback', local, FRONTEND, 'lumascope_8000_'],
  ['https', https, 'https://app.example.com', '__Host-lumascope_'],
]

/** The cookies a response sets, as a browser would send them back. */
const jarOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
const signIn = async (app: App, origin: string) => {
  const person = await app.register()
  const { email, password } = person
  const response = await app.post('/login?use_cookies=true', { email, password }, { Origin: origin })
  expect(response.status).toBe(200)
  return { person, response, jar: jarOf(response) }
}
const json = { 'Content-Type': 'application/json' }

describe.each(sites)('cookie mode on %s', (_, app, origin, prefix) => {
  test('sets both tokens HttpOnly and none in the body (ASVS 3.3)', async () => {
    const { person, response } = await signIn(app, origin)
    const cookies = response.headers.getSetCookie()
    const secure = prefix.startsWith('__Host-') ? '; Secure' : ''
    expect(cookies).toHaveLength(3)
    expect(cookies[0]).toMatch(
      new RegExp(`^${prefix}device=[\\w-]{80}; Max-Age=34560000; Path=/; HttpOnly${secure}; SameSite=Lax$`),
    )
    expect(cookies[1]).toMatch(
      new RegExp(`^${prefix}access=ey[^;]+; Max-Age=1795; Path=/; HttpOnly${secure}; SameSite=Lax$`),
    )
    expect(cookies[2]).toMatch(
      new RegExp(`^${prefix}refresh=[\\w-]{70}; Max-Age=604800; Path=/; HttpOnly${secure}; SameSite=Lax$`),
    )
    for (const cookie of cookies) expect(cookie.length).toBeLessThan(4096)
    const body = await response.json()
    expect(body).toMatchObject({ token_type: 'cookie', expires_in: 1800, user: { id: person.id } })
    expect(Object.keys(body as object)).toEqual(['token_type', 'expires_in', 'user'])
  })

  test('reads, refreshes and signs out by cookie alone', async () => {
    const { person, jar } = await signIn(app, origin)
    const me = await app.request('/users/me', { headers: { Cookie: jar } })
    expect(await me.json()).toMatchObject({ id: person.id })
    const refreshed = await app.request('/refresh', {
      method: 'POST',
      headers: { Cookie: jar, Origin: origin },
    })
    expect(refreshed.status).toBe(200)
    expect(await refreshed.json()).toMatchObject({ token_type: 'cookie', user: { id: person.id } })
    const next = jarOf(refreshed)
    expect(next).not.toBe(jar)
    const out = await app.request('/logout', { method: 'POST', headers: { Cookie: next, Origin: origin } })
    expect(out.status).toBe(204)
    expect(out.headers.getSetCookie().map((cookie) => cookie.split('; ').slice(0, 2))).toEqual([
      [`${prefix}access=`, 'Max-Age=0'],
      [`${prefix}refresh=`, 'Max-Age=0'],
    ])
    expect((await app.request('/users/me', { headers: { Cookie: next } })).status).toBe(401)
  })

  test('takes no cookie of the other name (row 50)', async () => {
    const { jar } = await signIn(app, origin)
    const [, another = ''] = sites.map(([, , , own]) => own).sort((own) => (own === prefix ? -1 : 1))
    const other = jar.replaceAll(prefix, another)
    expect((await app.request('/users/me', { headers: { Cookie: other } })).status).toBe(401)
  })
})

describe('a request from elsewhere (row 49)', () => {
  const foreign: [string, Record<string, string>][] = [
    ['a foreign origin', { Origin: 'https://evil.example' }],
    ['the origin null', { Origin: 'null' }],
    ['a sibling subdomain', { Origin: 'https://other.example.com' }],
    ['another port', { Origin: 'https://app.example.com:8443' }],
    ['this machine, which only a server on loopback trusts', { Origin: 'http://localhost:3000' }],
    ['no origin at all', {}],
    ['no origin, cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['no origin, same-site', { 'Sec-Fetch-Site': 'same-site' }],
    [
      'a foreign origin that claims same-origin',
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
    ],
  ]
  test.each(foreign)('%s changes nothing by cookie, and gets no cookie', async (_, headers) => {
    const { person, jar } = await signIn(https, 'https://app.example.com')
    const sent = { ...headers, Cookie: jar }
    const body = (value: object) => ({ body: JSON.stringify(value), headers: { ...json, ...sent } })
    const attempts: [string, RequestInit][] = [
      ['/refresh', { method: 'POST', headers: sent }],
      ['/refresh', { method: 'POST', ...body({}) }],
      ['/logout', { method: 'POST', headers: sent }],
      ['/logout', { method: 'POST', headers: sent, body: new URLSearchParams({}) }],
      ['/users/me', { method: 'PATCH', ...body({ full_name: 'Evil' }) }],
      ['/users/me', { method: 'DELETE', ...body({ password: person.password }) }],
      ['/users/me/sessions', { method: 'DELETE', headers: sent }],
      [
        '/users/me/password',
        { method: 'POST', ...body({ current_password: person.password, new_password: 'another one' }) },
      ],
      [
        '/login?use_cookies=true',
        { method: 'POST', ...body({ email: person.email, password: person.password }) },
      ],
    ]
    await https.database.roundTrips()
    for (const [path, init] of attempts) {
      const response = await https.request(path, init)
      expect(response.status, path).toBe(403)
      expect(await response.json()).toMatchObject({ code: 'origin_rejected' })
      expect(response.headers.getSetCookie()).toEqual([])
    }
    // That it was refused is on record (`http/record-denials.test.ts`), and nothing else was asked.
    for (const [statement, ...more] of await https.database.roundTrips()) {
      expect(statement).toMatch(/^\s*with "refused" as \(/)
      expect(more).toEqual([])
    }
    const me = await https.request('/users/me', { headers: { Cookie: jar } })
    expect(await me.json()).toMatchObject({ full_name: person.full_name })
  })

  test('every operation that refuses it lists that in the document, signing out too', async () => {
    const { jar } = await signIn(https, 'https://app.example.com')
    type Listed = { paths: Record<string, Record<string, { responses: Record<string, { $ref?: string }> }>> }
    const { paths } = (await (await https.request('/openapi.json')).json()) as Listed
    const refusing = []
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { responses }] of Object.entries(methods)) {
        const init = {
          method: method.toUpperCase(),
          headers: { Cookie: jar, Origin: 'https://evil.example' },
        }
        const response = await https.request(path.replaceAll(/\{\w+\}/g, '1'), init)
        const { code } = (await response.json().catch(() => ({}))) as { code?: string }
        if (code !== 'origin_rejected') continue
        refusing.push(`${method} ${path}`)
        expect(responses['403']?.$ref, `${method} ${path}`).toContain('origin_rejected')
      }
    }
    expect(refusing).toEqual(expect.arrayContaining(['post /logout', 'post /refresh', 'delete /users/me']))
  })

  test.each([
    ['this server', { Origin: PUBLIC_URL }],
    ['an allowed origin', { Origin: FRONTEND }],
    ['this server, from a browser that sends no origin', { 'Sec-Fetch-Site': 'same-origin' }],
  ])('a request from %s is taken', async (_, headers) => {
    const { jar } = await signIn(local, FRONTEND)
    const response = await local.request('/refresh', {
      method: 'POST',
      headers: { ...headers, Cookie: jar } as HeadersInit,
    })
    expect(response.status).toBe(200)
  })

  test('a bearer request is exempt, and wins over the cookie', async () => {
    const { jar } = await signIn(local, FRONTEND)
    const other = await local.register()
    const token = await local.signIn(other)
    const headers = { Cookie: jar, Origin: 'https://evil.example' }
    const asOther = local.as(token)
    expect(await (await asOther.get('/users/me', headers)).json()).toMatchObject({ id: other.id })
    const response = await asOther.patch('/users/me', { full_name: 'New Name' }, headers)
    expect(await response.json()).toMatchObject({ id: other.id, full_name: 'New Name' })
    const refused = await local.request('/users/me', {
      headers: { ...headers, Authorization: 'Bearer nonsense' },
    })
    expect(refused.status).toBe(401)
  })
})

describe('a token of one kind in the place of another (row 13)', async () => {
  const KINDS = ['access', 'refresh', 'device'] as const
  const { person, jar } = await signIn(local, FRONTEND)
  const token = Object.fromEntries(
    jar
      .split('; ')
      .map((pair) => [pair.split('=')[0]?.replace('lumascope_8000_', ''), pair.split('=')[1] ?? '']),
  )
  const places: [(typeof KINDS)[number], string, (value: string) => Promise<Response>][] = [
    ['access', 'the header', (value) => local.me(value)],
    [
      'access',
      'its cookie',
      (value) => local.request('/users/me', { headers: { Cookie: `lumascope_8000_access=${value}` } }),
    ],
    ['refresh', 'a body', (value) => local.post('/refresh', { refresh_token: value })],
    [
      'refresh',
      'its cookie',
      (value) =>
        local.request('/refresh', {
          method: 'POST',
          headers: { Cookie: `lumascope_8000_refresh=${value}`, Origin: FRONTEND },
        }),
    ],
  ]
  const swaps = places.flatMap(([kind, place, send]) =>
    KINDS.filter((other) => other !== kind).map((other) => [other, kind, place, send] as const),
  )

  test.each(swaps)('%s for %s in %s: 401 without a query', async (other, _kind, _place, send) => {
    expect(token[other]).toMatch(/^[\w.-]{70,}$/)
    await local.database.roundTrips()
    const response = await send(token[other] ?? '')
    expect(response.status).toBe(401)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await local.database.roundTrips()).toEqual([])
  })

  test('access and refresh for a device: worth nothing', async () => {
    const limited = await createTestApp({
      variables: DEFAULT_LIMITS,
      deps: { deviceKeys: local.deps.deviceKeys, clientAddress: () => '198.51.100.13' },
    })
    const attempt = (value: string, password: string) =>
      limited.post('/login', { email: person.email, password }, { Cookie: `lumascope_8000_device=${value}` })
    for (let guess = 0; guess < 5; guess++) await attempt('', 'not the password')
    for (const kind of ['access', 'refresh'] as const)
      expect((await attempt(token[kind] ?? '', person.password)).status).toBe(429)
    // The one that is for it is let through.
    expect((await attempt(token['device'] ?? '', person.password)).status).toBe(200)
  })
})

describe('cookies that are not right', () => {
  test('two of one name are refused, whichever comes first (row 50)', async () => {
    const { jar } = await signIn(local, FRONTEND)
    const { jar: planted } = await signIn(local, FRONTEND)
    for (const both of [
      `${jar}; ${planted}`,
      `${planted}; ${jar}`,
      `${jar}; lumascope_8000_access=; lumascope_8000_refresh=`,
    ]) {
      const headers = { Cookie: both, Origin: FRONTEND }
      expect((await local.request('/users/me', { headers })).status).toBe(401)
      const refresh = await local.request('/refresh', { method: 'POST', headers })
      expect(refresh.status).toBe(401)
      expect(refresh.headers.getSetCookie()).toEqual([])
    }
    expect((await local.request('/users/me', { headers: { Cookie: jar } })).status).toBe(200)
  })

  test('garbage signs nobody in, and signing out clears it (row 88)', async () => {
    const headers = {
      Cookie: 'lumascope_8000_access=garbage; lumascope_8000_refresh=garbage',
      Origin: FRONTEND,
    }
    await local.database.roundTrips()
    expect((await local.request('/users/me', { headers })).status).toBe(401)
    expect((await local.request('/refresh', { method: 'POST', headers })).status).toBe(401)
    const out = await local.request('/logout', { method: 'POST', headers })
    expect(out.status).toBe(204)
    expect(out.headers.getSetCookie()).toHaveLength(2)
    expect(await local.database.roundTrips()).toEqual([])
  })

  test.each([
    ['a stale bearer token', { headers: { Authorization: 'Bearer nonsense' } }],
    ['an empty refresh token', { headers: json, body: '{"refresh_token":""}' }],
  ])('%s beside good cookies: signing out ends their session', async (_, init) => {
    const { jar } = await signIn(local, FRONTEND)
    const headers = { ...init.headers, Cookie: jar, Origin: FRONTEND }
    const response = await local.request('/logout', { method: 'POST', ...init, headers })
    expect(response.status).toBe(204)
    expect(response.headers.getSetCookie()).toHaveLength(2)
    expect((await local.request('/users/me', { headers: { Cookie: jar } })).status).toBe(401)
  })

  test('a failed sign-in sets none', async () => {
    const attempt = { email: newPerson().email, password: 'wrong password' }
    const response = await local.post('/login?use_cookies=true', attempt, { Origin: FRONTEND })
    expect(response.status).toBe(401)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test('a hundred cookies are no trouble (row 87)', async () => {
    const Cookie = Array.from({ length: 100 }, (_, index) => `c${index}=${'x'.repeat(100)}`).join('; ')
    expect((await local.request('/users/me', { headers: { Cookie } })).status).toBe(401)
  })
})

test('deleting the account clears the cookies; COOKIE_SAME_SITE is honoured', async () => {
  const app = await createTestApp({
    variables: {
      PUBLIC_URL: 'https://auth.example.com',
      APP_URL: 'https://app.example.com',
      COOKIE_SAME_SITE: 'none',
    },
  })
  const origin = 'https://app.example.com'
  const { person, response, jar } = await signIn(app, origin)
  for (const cookie of response.headers.getSetCookie()) expect(cookie).toMatch(/; Secure; SameSite=None$/)
  const deleted = await app.request('/users/me', {
    method: 'DELETE',
    headers: { ...json, Cookie: jar, Origin: origin },
    body: JSON.stringify({ password: person.password }),
  })
  expect(deleted.status).toBe(204)
  const cleared = deleted.headers.getSetCookie().map((cookie) => cookie.split(';').slice(0, 2).join())
  expect(cleared).toEqual(
    ['access', 'refresh', 'device'].map((kind) => `__Host-lumascope_${kind}=, Max-Age=0`),
  )
})
