import { describe, expect, test } from 'vitest'
import { generateKey } from '../../src/crypto/signing-key.ts'
import { PERMISSIONS } from '../../src/features.ts'
import { createTestApp, payloadOf, type TokenPair } from '../support/test-app.ts'

/** Name and value together (RFC 6265bis section 5.6): browsers drop what is longer without a word. */
const MAX_COOKIE_BYTES = 4096

// Each of these is the longest that its rule lets through, and of characters that take the most bytes.
const host = `${`${'h'.repeat(60)}.`.repeat(4)}example.xyz`.slice(-253)
const ORIGIN = 'https://app.example.com'
const largest = await createTestApp({
  variables: {
    PUBLIC_URL: `https://${host}:65535`,
    APP_URL: ORIGIN,
    JWT_AUDIENCE: '\u00fc'.repeat(255),
    JWT_SIGNING_KEYS: JSON.stringify([await generateKey('ES256', '\u6771'.repeat(64))]),
  },
})
const { post, request, database } = largest

const person = await largest.register({
  email: `${'~'.repeat(64)}@${`${'d'.repeat(61)}.`.repeat(3)}xy`,
  full_name: '\u{1f600}'.repeat(100),
})
const roles = Array.from({ length: 31 }, (_, index) => `r${String(index).padStart(31, 'x')}`)
for (const role of roles) {
  await database.sql('insert into roles (name, description) values ($1, $1)', [role])
  await database.sql('insert into user_roles values ($1, $2)', [person.id, role])
}
await database.sql("insert into user_roles values ($1, 'admin')", [person.id])

const { email, password } = person
const cookiesOf = (response: Response) =>
  response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '')

describe('the largest user that can be, of the largest configuration (row 107)', () => {
  test('has cookies that browsers keep, from signing in and from refreshing', async () => {
    const signedIn = await post('/login?use_cookies=true', { email, password }, { Origin: ORIGIN })
    expect(signedIn.status).toBe(200)
    const headers = { Cookie: cookiesOf(signedIn).join('; '), Origin: ORIGIN }
    const refreshed = await request('/refresh', { method: 'POST', headers })
    expect(refreshed.status).toBe(200)
    for (const response of [signedIn, refreshed]) {
      const cookies = cookiesOf(response)
      expect(cookies.some((cookie) => cookie.includes('_access=ey'))).toBe(true)
      for (const cookie of cookies) {
        expect(new TextEncoder().encode(cookie.replace('=', '')).length).toBeLessThanOrEqual(MAX_COOKIE_BYTES)
      }
      const me = await request('/users/me', { headers: { Cookie: cookies.join('; ') } })
      expect(await me.json()).toMatchObject({ id: person.id, full_name: person.full_name, email })
    }
  })

  test('has a bearer token that says all of it and is accepted', async () => {
    const response = await post('/login', { email, password })
    const { access_token } = (await response.json()) as TokenPair
    const payload = payloadOf(access_token)
    expect(payload).toMatchObject({ sub: email, full_name: person.full_name })
    expect(payload['roles']).toHaveLength(33)
    expect(String(payload['scope']).split(' ')).toHaveLength(Object.keys(PERMISSIONS).length)
    // What a cookie could not hold.
    expect(access_token.length).toBeGreaterThan(MAX_COOKIE_BYTES)
    expect((await largest.me(access_token)).status).toBe(200)
  })
})

test('a token in a cookie says who it speaks for, and nothing that only a client would read', async () => {
  const app = await createTestApp()
  const other = await app.register()
  const response = await app.post(
    '/login?use_cookies=true',
    { email: other.email, password: other.password },
    { Origin: 'http://localhost:3000' },
  )
  const token =
    cookiesOf(response)
      .find((cookie) => cookie.includes('_access='))
      ?.split('=')[1] ?? ''
  const { sub, uid, full_name, roles, scope } = payloadOf(token)
  expect([sub, uid]).toEqual([String(other.id), other.id])
  expect([full_name, roles, scope]).toEqual([undefined, undefined, undefined])
  // It opens the same doors as one that says more.
  expect((await app.me(token)).status).toBe(200)
})
