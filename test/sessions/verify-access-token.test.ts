import { sign } from 'hono/jwt'
import { describe, expect, test, vi } from 'vitest'
import { createTestApp, PUBLIC_URL, payloadOf } from '../support/test-app.ts'

const { request, post, me, register, signIn, openSession, database, clock, config, log } =
  await createTestApp()
const person = await register()
const token = await signIn(person)
const [key] = config.signingKeys
if (!key) throw new Error('No signing key')

const parts = token.split('.') as [string, string, string]
const payload = payloadOf(token)
const signed = (claims: unknown, jwk: object = key) => sign(claims as never, jwk as never)
const base64url = (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const withHeader = (header: object, signature = parts[2]) =>
  `${base64url(JSON.stringify(header))}.${parts[1]}.${signature}`
const without = (name: string) => Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name))

/** Flips the lowest bit that base64url carries in the character at `index`. */
const damaged = (text: string, index: number) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const letter = alphabet[alphabet.indexOf(text[index] ?? 'A') ^ 1] ?? 'A'
  return text.slice(0, index) + letter + text.slice(index + 1)
}

describe('an access token', () => {
  test('carries the claims of the contract and nothing else', () => {
    const now = clock.now.getTime() / 1000
    expect(payload).toEqual({
      iss: PUBLIC_URL,
      aud: PUBLIC_URL,
      sub: person.email,
      email_verified: false,
      uid: person.id,
      sid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: now,
      exp: now + 1800,
      auth_time: now,
      roles: ['user'],
      full_name: person.full_name,
      token_use: 'access',
    })
  })

  test('email_verified is false until the address is verified, and true from the next token on', async () => {
    const other = await register()
    const pair = await openSession(other)
    expect(payloadOf(pair.access_token)).toMatchObject({ sub: other.email, email_verified: false })
    await database.sql('update users set email_verified_at = $1 where id = $2', [
      clock.now.toISOString(),
      other.id,
    ])
    const next = await post('/refresh', { refresh_token: pair.refresh_token })
    const { access_token } = (await next.json()) as { access_token: string }
    expect(payloadOf(access_token)).toMatchObject({ sub: other.email, uid: other.id, email_verified: true })
  })

  test('names its key and algorithm in the header', () => {
    expect(JSON.parse(atob(parts[0]))).toEqual({ alg: 'HS256', typ: 'JWT', kid: key.kid })
  })

  test('has an id of its own each time', async () => {
    expect(payloadOf(await signIn(person))['jti']).not.toBe(payload['jti'])
  })

  test.each([
    ['just before its expiry', 1800_000 - 1, 200],
    ['at its expiry', 1800_000, 401],
    ['long after its expiry', 10 * 1800_000, 401],
    ['five seconds before it was issued, as on a slow clock', -5000, 200],
    ['a millisecond earlier still', -5001, 401],
  ])('is checked against the clock: %s (rows 40, 41)', async (_, milliseconds, status) => {
    const issued = clock.now
    try {
      clock.now = new Date(issued.getTime() + milliseconds)
      expect((await me(token)).status).toBe(status)
    } finally {
      clock.now = issued
    }
  })

  test('is accepted from the Authorization header only, in any case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await request('/users/me', { headers: { Authorization: `${scheme} ${token}` } })).status).toBe(
        200,
      )
    }
    const elsewhere = [
      request(`/users/me?access_token=${token}`),
      request('/users/me', { headers: { 'X-Access-Token': token } }),
      request('/users/me', { headers: { Cookie: `access_token=${token}` } }),
    ]
    for (const response of await Promise.all(elsewhere)) {
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ code: 'unauthenticated' })
    }
  })
})

describe('no token', () => {
  test.each([
    ['no header', {}],
    ['another scheme', { Authorization: 'Basic YTpi' }],
    ['an empty header', { Authorization: '' }],
  ])('%s is answered "unauthenticated" without an error code', async (_, headers) => {
    const response = await request('/users/me', { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="LumaScope"')
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' })
  })
})

describe('a hostile token', async () => {
  const otherKey = { ...key, k: base64url('another secret of thirty-two bytes!') }
  const now = clock.now.getTime() / 1000
  const injected = (kid: unknown) => withHeader({ alg: 'HS256', typ: 'JWT', kid })
  const cases: [string, string][] = [
    ['alg none (row 9)', withHeader({ alg: 'none', typ: 'JWT', kid: key.kid }, '')],
    ['alg None (row 9)', withHeader({ alg: 'None', typ: 'JWT', kid: key.kid }, '')],
    ['alg NONE (row 9)', withHeader({ alg: 'NONE', typ: 'JWT', kid: key.kid }, '')],
    ['alg nOnE with the signature kept (row 9)', withHeader({ alg: 'nOnE', typ: 'JWT', kid: key.kid })],
    ['no alg', withHeader({ typ: 'JWT', kid: key.kid })],
    ['HS384 in the header (row 10)', withHeader({ alg: 'HS384', typ: 'JWT', kid: key.kid })],
    ['signed with HS512 (row 10)', await signed(payload, { ...key, alg: 'HS512' })],
    ['signed with HS384', await signed(payload, { ...key, alg: 'HS384' })],
    ['RS256 in the header (row 10)', withHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })],
    ['ES256 in the header', withHeader({ alg: 'ES256', typ: 'JWT', kid: key.kid })],
    ['another key under our kid', await signed(payload, otherKey)],
    ['no kid', withHeader({ alg: 'HS256', typ: 'JWT' })],
    ['an unknown kid', await signed(payload, { ...key, kid: 'other' })],
    ['a kid with SQL (row 11)', injected(`${key.kid}' or '1'='1`)],
    ['a kid with a path (row 11)', injected('../../dev/null')],
    ['a kid of an object member', injected('__proto__')],
    ['a numeric kid', injected(1)],
    ['a kid in an array (row 11)', injected([key.kid])],
    ['a null kid', injected(null)],
    ['a huge kid (row 11)', injected('k'.repeat(5000))],
    [
      'jku (row 11)',
      withHeader({ alg: 'HS256', typ: 'JWT', kid: key.kid, jku: 'https://evil.example/keys' }),
    ],
    [
      'x5u (row 11)',
      withHeader({ alg: 'HS256', typ: 'JWT', kid: key.kid, x5u: 'https://evil.example/cert' }),
    ],
    ['an own jwk (row 11)', withHeader({ alg: 'HS256', typ: 'JWT', kid: key.kid, jwk: otherKey })],
    ['unknown crit', withHeader({ alg: 'HS256', typ: 'JWT', kid: key.kid, crit: ['x'] })],
    ['another typ', withHeader({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })],
    ...['iss', 'aud', 'sub', 'uid', 'sid', 'jti', 'iat', 'exp', 'token_use'].map(
      (name) => [`no ${name}${name === 'exp' ? ' (row 12)' : ''}`, name] as const,
    ),
    ['a past exp', { ...payload, exp: now }],
    ['exp as a text (row 12)', { ...payload, exp: String(now + 60) }],
    ['exp null', { ...payload, exp: null }],
    ['exp 1e400 (row 12)', 'exp 1e400'],
    ['a negative exp (row 12)', { ...payload, exp: -1 }],
    ['a fractional exp', { ...payload, exp: now + 60.5 }],
    ['a future iat', { ...payload, iat: now + 60 }],
    ['iat as a text', { ...payload, iat: String(now) }],
    ['a future nbf', { ...payload, nbf: now + 60 }],
    ['nbf as a text', { ...payload, nbf: 'now' }],
    ['a foreign iss (row 14)', { ...payload, iss: 'https://staging.example.com' }],
    ['a foreign aud (row 14)', { ...payload, aud: 'https://staging.example.com' }],
    ['an array of aud', { ...payload, aud: [PUBLIC_URL] }],
    ['another use (row 13)', { ...payload, token_use: 'refresh' }],
    ['uid as a text', { ...payload, uid: String(person.id) }],
    ['a fractional uid', { ...payload, uid: 1.5 }],
    ['uid 0', { ...payload, uid: 0 }],
    ['a sid that is no UUID', { ...payload, sid: "' or 1=1" }],
    ['an array for a sid', { ...payload, sid: [payload['sid']] }],
    ['a uid no integer column holds', { ...payload, uid: 2 ** 31 }],
    ['an array for a payload', [payload]],
    ['a null payload', null],
    ['a text for a payload', 'text'],
    ['a fourth part', `${token}.${parts[2]}`],
    ['five parts, as an encrypted token has (J20)', `${token}.${parts[1]}.${parts[2]}`],
    ['two parts', `${parts[0]}.${parts[1]}`],
    ['no signature', `${parts[0]}.${parts[1]}.`],
    ['a padded signature (row 15)', `${token}=`],
    ['a space inside', `${parts[0]}. ${parts[1]}.${parts[2]}`],
    ['a header that is not JSON', `${base64url('nonsense')}.${parts[1]}.${parts[2]}`],
    ['a header that is null', `${base64url('null')}.${parts[1]}.${parts[2]}`],
    ['bytes that are not UTF-8 (J19)', `${parts[0]}.${base64url('\xff\xfe')}.${parts[2]}`],
    ['20 KB', `${parts[0]}.${'A'.repeat(20_000)}.${parts[2]}`],
    ['nothing', ''],
    ['nonsense', 'nonsense'],
  ].map(([name, value]): [string, string] => [name as string, value as string])
  for (const entry of cases) {
    const [name, value] = entry as [string, unknown]
    if (name.startsWith('no ') && typeof value === 'string' && value in payload)
      entry[1] = await signed(without(value))
    else if (value === 'exp 1e400') {
      // JSON can write a number that no double holds.
      entry[1] = await signed({ ...payload, exp: JSON.rawJSON('1e400') })
    } else if (typeof value !== 'string' || name === 'a text for a payload') entry[1] = await signed(value)
  }

  test.each(cases)('with %s is refused like any other and costs no query', async (_, hostile) => {
    await database.roundTrips()
    const outside = vi.spyOn(globalThis, 'fetch')
    const response = await me(hostile)
    expect(outside).not.toHaveBeenCalled()
    outside.mockRestore()
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="LumaScope", error="invalid_token"')
    const { instance, ...body } = (await response.json()) as Record<string, unknown>
    expect(instance).toBe(`urn:uuid:${response.headers.get('X-Request-Id')}`)
    expect(body).toEqual({
      type: '/problems/invalid_token',
      title: 'The token is not accepted',
      status: 401,
      detail: 'It has expired, was revoked or is not one of ours. Refresh it or sign in again.',
      code: 'invalid_token',
    })
    expect(await database.roundTrips()).toEqual([])
    expect(log).toEqual([])
  })

  test('damaged in any one character is refused (row 15)', async () => {
    expect((await me(token)).status).toBe(200)
    await database.roundTrips()
    for (let index = 0; index < token.length; index++) {
      if (token[index] === '.') continue
      expect((await me(damaged(token, index))).status, `character ${index}`).toBe(401)
    }
    expect(await database.roundTrips()).toEqual([])
  })
})
