import { describe, expect, test } from 'vitest'
import { authorization } from '../support/requests-as.ts'
import { createTestApp, FRONTEND, newPerson } from '../support/test-app.ts'

const { app, request, post, as, register, signIn, database } = await createTestApp()
const https = await createTestApp({
  variables: { PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' },
})

describe('CORS', () => {
  const preflight = (origin: string, path = '/users/me') =>
    request(path, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      },
    })

  test("lets the frontend's preflight pass", async () => {
    const response = await preflight(FRONTEND)
    expect(response.status).toBe(204)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe(FRONTEND)
    expect(response.headers.get('Access-Control-Allow-Credentials')).toBe('true')
    expect(response.headers.get('Access-Control-Allow-Methods')?.split(',')).toEqual([
      'POST',
      'GET',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
    ])
    expect(response.headers.get('Access-Control-Allow-Headers')?.split(',')).toEqual([
      ...['Authorization', 'Content-Type', 'If-None-Match', 'X-Requested-With'],
      ...['traceparent', 'tracestate', 'baggage', 'sentry-trace'],
    ])
    expect(response.headers.get('Vary')).toContain('Origin')
  })

  const foreign = [
    'null',
    'http://localhost:3000',
    'http://localhost:8000',
    'https://localhost',
    'https://app.example.com:8443',
    'http://app.example.com',
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'https://example.com',
    'HTTPS://APP.EXAMPLE.COM',
    'https://app.example.com/',
    'https://app.example.com, https://evil.example',
    '*',
  ]
  test.each(foreign)('grants the origin %s nothing (row 51)', async (origin) => {
    const headers = { Origin: origin }
    const responses = [
      await https.request('/users/me', {
        method: 'OPTIONS',
        headers: { ...headers, 'Access-Control-Request-Method': 'GET' },
      }),
      await https.request('/health', { headers }),
      await https.post('/login', { email: 'a', password: 'b' }, headers),
      await https.request('/nowhere', { headers }),
    ]
    for (const response of responses) {
      const granted = [...response.headers.keys()].filter((name) => name.startsWith('access-control-'))
      expect(granted).toEqual([])
      expect(response.headers.get('Vary')).toContain('Origin')
    }
  })

  test('grants the frontend its origin on errors too, so that it can read them', async () => {
    const response = await post('/login', { email: 'nobody', password: 'x' }, { Origin: FRONTEND })
    expect(response.status).toBe(401)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe(FRONTEND)
  })

  test('allows just the configured origins', async () => {
    const ask = async (origin: string) =>
      (await https.request('/health', { headers: { Origin: origin } })).headers.get(
        'Access-Control-Allow-Origin',
      )
    expect(await ask('https://app.example.com')).toBe('https://app.example.com')
    expect(await ask(FRONTEND)).toBeNull()
  })

  test('takes a preflight that asks for 16 KB of headers in its stride (row 86)', async () => {
    const headers = { Origin: FRONTEND, 'Access-Control-Request-Headers': ' ,'.repeat(8000) }
    expect((await request('/login', { method: 'OPTIONS', headers })).status).toBe(204)
  })
})

describe('security headers', () => {
  const everyKind: [string, () => Promise<Response>][] = [
    ['200', () => https.request('/health')],
    ['201', () => https.post('/users', newPerson())],
    [
      '204',
      () => https.request('/health', { method: 'OPTIONS', headers: { Origin: 'https://app.example.com' } }),
    ],
    ['401', () => https.request('/users/me')],
    ['404', () => https.request('/nowhere')],
    ['405', () => https.request('/login')],
    ['413', () => https.post('/users', ' '.repeat(20_000))],
    ['422', () => https.post('/users', {})],
  ]
  test.each(everyKind)('stand on a %s (ASVS 3.4)', async (status, send) => {
    const response = await send()
    expect(response.status).toBe(Number(status))
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'content-security-policy':
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; sandbox",
      'cache-control': 'no-store',
      'x-request-id': expect.any(String),
      'server-timing': expect.stringMatching(/^db;dur=/),
    })
    expect(response.headers.has('x-powered-by')).toBe(false)
    expect(response.headers.has('server')).toBe(false)
  })

  test('HSTS is not sent from plain http on this machine', async () => {
    expect((await request('/health')).headers.has('Strict-Transport-Security')).toBe(false)
  })
})

describe('default deny', () => {
  /** Whoever adds a route here says that anybody may call it. */
  const PUBLIC = [
    'GET /health',
    'GET /ready',
    'GET /.well-known/jwks.json',
    'GET /',
    'GET /problems/:code',
    'GET /openapi.json',
    'GET /docs',
    'GET /docs/:file{[a-z-]+\\.(?:css|js|png)}',
    'POST /users',
    'POST /password-resets',
    'POST /password-resets/confirm',
    // With the token of a mail.
    ...['confirm', 'reject', 'undo'].map((name) => `POST /email-verifications/${name}`),
    // On loopback alone.
    'GET /dev/mail',
    'DELETE /dev/mail',
    ...['login', 'refresh', 'logout'].flatMap((name) => [`POST /${name}`, `POST /auth/${name}`]),
  ]
  const all = [
    ...new Set(
      app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`),
    ),
  ]

  test('every route that is not on the list of public ones answers 401 without credentials', async () => {
    const guarded = all.filter((route) => !PUBLIC.includes(route))
    expect(guarded).toContain('GET /users/me')
    expect(guarded).toContain('DELETE /users/me/sessions/:id')
    await database.roundTrips()
    for (const route of guarded) {
      const [method, path] = route.split(' ') as [string, string]
      for (const variant of [path, `${path}/`, `${path}?x=1`]) {
        const response = await request(variant.replaceAll(/:\w+(\{.*\})?/g, '1'), { method })
        expect(response.status, `${method} ${variant}`).toBe(401)
      }
    }
    expect(await database.roundTrips()).toEqual([])
  })

  test('no response may be stored but documentation and public keys (row 52)', async () => {
    const cacheable = /^GET \/(docs|openapi\.json|problems|\.well-known)/
    const person = await register()
    for (const route of all) {
      // Some of them sign out.
      const token = await signIn(person)
      const [method, pattern] = route.split(' ') as [string, string]
      const path = pattern.replaceAll(/:\w+(\{.*\})?/g, '1')
      for (const headers of [{}, authorization('nonsense'), authorization(token)]) {
        for (const sent of method === 'GET' ? ['GET', 'HEAD'] : [method]) {
          const response = await request(path, { method: sent, headers })
          if (response.ok && cacheable.test(route)) continue
          expect(response.headers.get('Cache-Control'), `${sent} ${path}`).toBe('no-store')
        }
      }
      // No suffix makes an answer look like a file that a proxy keeps.
      for (const suffix of ['/x.css', '.css', '%2fx.css', ';x.css'].filter(
        () => !/docs|problems/.test(path),
      )) {
        const response = await as(token).send(method, path + suffix)
        expect([401, 403, 404, 405], `${method} ${path}${suffix}`).toContain(response.status)
        expect(response.headers.get('Cache-Control')).toBe('no-store')
      }
    }
  })

  test('nobody is sent elsewhere, whatever a request asks for (row 48)', async () => {
    const elsewhere = [
      ...['//evil.example', '/\\evil.example', 'https:evil.example', 'https://localhost:8000@evil.example'],
      ...['%2f%2fevil.example', '/%0d%0aLocation:%20https://evil.example', 'data:text/html,x'],
    ]
    const paths = [...all.map((route) => route.split(' ')[1] ?? ''), '/nowhere', '/']
    for (const target of elsewhere) {
      for (const path of new Set(paths)) {
        const plain = path.replaceAll(/:\w+(\{.*\})?/g, '1')
        for (const name of ['next', 'redirect_uri', 'return_to']) {
          const response = await request(`${plain}?${name}=${encodeURIComponent(target)}`)
          expect(Math.floor(response.status / 100), plain).not.toBe(3)
          expect(response.headers.has('Location')).toBe(false)
        }
      }
      const response = await app.fetch(new Request(`http://localhost:8000/${target}`))
      expect([400, 404]).toContain(response.status)
    }
    const { email, password } = await register()
    const signedIn = await post('/login?redirect_uri=//evil.example', { email, password })
    expect(signedIn.status).toBe(422)
  })

  test('the list names no route that is gone', () => {
    expect(PUBLIC.filter((route) => !all.includes(route))).toEqual([])
  })
})

test('injection strings are data everywhere (ASVS 1.2.4)', async () => {
  const before = await database.sql('select count(*) from users')
  const corpus = [
    "' or 1=1 --",
    "'; drop table users; --",
    '$1',
    '\\',
    '%',
    "admin'/*",
    '"; select pg_sleep(5)',
  ]
  for (const text of corpus) {
    expect((await post('/login', { email: text, password: text })).status).toBe(401)
    expect((await post('/login', { email: `${text}@example.com`, password: text })).status).toBe(401)
  }
  expect(await database.sql('select count(*) from users')).toEqual(before)
  const person = await register({ full_name: "Robert'); drop table users; --" })
  expect(await signIn(person)).toMatch(/^ey/)
})
