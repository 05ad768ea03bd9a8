import { describe, expect, test } from 'vitest'
import { createTestApp, FRONTEND, type TokenPair } from '../support/test-app.ts'

const { request, post, me, register, openSession, database, hasher } = await createTestApp()

const person = await register()
const form = (path: string, parameters: string | Record<string, string>, headers: HeadersInit = {}) =>
  request(path, { method: 'POST', headers, body: new URLSearchParams(parameters) })
const multipart = (path: string, parameters: Record<string, string>) => {
  const body = new FormData()
  for (const [name, value] of Object.entries(parameters)) body.set(name, value)
  return request(path, { method: 'POST', body })
}
const basic = { Authorization: `Basic ${btoa('web-app:client secret')}` }

/** What refuses costs nothing: neither query nor hash. */
const expectRefused = async (response: Promise<Response>, error: object) => {
  const before = hasher.count
  await database.roundTrips()
  const answer = await response
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ code: 'validation_failed', errors: [error] })
  expect(await database.roundTrips()).toEqual([])
  expect(hasher.count).toBe(before)
}

/** What extensions and libraries add: OpenID Connect, RFC 7523, RFC 8693, RFC 8707, RFC 9449. */
const EXTENSIONS = {
  ...{ audience: 'https://api.example.com', resource: 'https://api.example.com', nonce: 'n', state: 's' },
  ...{
    client_assertion: 'ey.ey.x',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  },
  ...{ redirect_uri: 'https://app.example.com', code_verifier: 'v', username_hint: 'ada', constructor: 'x' },
}

describe('an OAuth client refreshes (RFC 6749 section 6)', () => {
  const refreshes: [string, Record<string, string>, HeadersInit][] = [
    ['with the parameters of the section', { grant_type: 'refresh_token', scope: 'a b' }, {}],
    ['as a public client', { grant_type: 'refresh_token', client_id: 'web-app' }, {}],
    ['with credentials in the body', { client_id: 'web-app', client_secret: 'x', scope: '' }, {}],
    ['with credentials in the header', { grant_type: 'refresh_token' }, basic],
    ['with parameters of extensions', EXTENSIONS, {}],
    ['with all of them empty', { grant_type: '', client_id: '', client_secret: '', scope: '' }, {}],
  ]
  test.each(refreshes)('%s', async (_, parameters, headers) => {
    const { refresh_token } = await openSession(person)
    const response = await form('/refresh', { refresh_token, ...parameters }, headers)
    expect(response.status, await response.clone().text()).toBe(200)
    const pair = (await response.json()) as TokenPair
    expect((await me(pair.access_token)).status).toBe(200)
    const { refresh_token: next } = pair
    expect((await multipart('/refresh', { refresh_token: next, ...parameters })).status).toBe(200)
  })

  test('with JSON, of which only OAuth’s fields are read', async () => {
    const { refresh_token } = await openSession(person)
    const known = { refresh_token, grant_type: 'refresh_token', client_id: 'web-app', scope: 'a' }
    expect((await post('/refresh', known)).status).toBe(200)
    await expectRefused(post('/refresh', { refresh_token, audience: 'x' }), {
      pointer: '/audience',
      code: 'unknown_member',
    })
  })

  test.each([
    'password',
    'client_credentials',
    'REFRESH_TOKEN',
    'urn:ietf:params:oauth:grant-type:device_code',
  ])('but not by the grant %s, and the token is as good as before', async (grant_type) => {
    const { refresh_token } = await openSession(person)
    const error = { pointer: '/grant_type', code: 'invalid_value', detail: 'must be refresh_token here' }
    await expectRefused(form('/refresh', { refresh_token, grant_type }), error)
    await expectRefused(post('/refresh', { refresh_token, grant_type }), error)
    expect((await post('/refresh', { refresh_token })).status).toBe(200)
  })

  test('an empty refresh token counts as absent, so that the cookie is taken', async () => {
    const { email, password } = person
    const signedIn = await post('/login?use_cookies=true', { email, password }, { Origin: FRONTEND })
    const Cookie = signedIn.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ')
    const parameters = { grant_type: 'refresh_token', refresh_token: '' }
    const foreign = await form('/refresh', parameters, { Cookie, Origin: 'https://evil.example' })
    expect(foreign.status).toBe(403)
    const response = await form('/refresh', parameters, { Cookie, Origin: FRONTEND })
    expect(await response.json()).toMatchObject({ token_type: 'cookie' })
    expect((await form('/refresh', parameters)).status).toBe(401)
  })
})

describe('an OAuth client signs in (RFC 6749 section 4.3.2)', () => {
  const { email, password } = person
  const signIns: [string, Record<string, string>, HeadersInit][] = [
    ['with the parameters of the section', { grant_type: 'password', scope: 'openid profile' }, {}],
    ['with credentials in the header', { grant_type: 'password' }, basic],
    ['with parameters of extensions', { ...EXTENSIONS, grant_type: 'password', client_secret: '' }, {}],
    ['with an empty email beside the username', { email: '' }, {}],
    ['with all of them empty', { grant_type: '', client_id: '', client_secret: '', scope: '' }, basic],
  ]
  test.each(signIns)('%s', async (_, parameters, headers) => {
    const all = { username: email, password, ...parameters }
    expect((await form('/login', all, headers)).status).toBe(200)
    expect((await multipart('/auth/login', all)).status).toBe(200)
  })

  test('but not by another grant', async () => {
    const error = { pointer: '/grant_type', code: 'invalid_value', detail: 'must be password here' }
    for (const grant_type of ['refresh_token', 'authorization_code', 'Password']) {
      await expectRefused(form('/login', { username: email, password, grant_type }), error)
      await expectRefused(post('/login', { username: email, password, grant_type }), error)
    }
  })

  test('an empty password is none', async () => {
    await expectRefused(form('/login', { username: email, password: '' }), {
      pointer: '/password',
      code: 'required',
    })
  })
})

describe('an OAuth client revokes (RFC 7009 section 2.1)', () => {
  const revocations: [string, (pair: TokenPair) => Record<string, string>, HeadersInit][] = [
    ['a refresh token', ({ refresh_token: token }) => ({ token, token_type_hint: 'refresh_token' }), {}],
    ['an access token', ({ access_token: token }) => ({ token, token_type_hint: 'access_token' }), basic],
    [
      'a token with a wrong hint',
      ({ refresh_token: token }) => ({ token, token_type_hint: 'access_token' }),
      {},
    ],
    [
      'a token with a hint nobody knows',
      ({ access_token: token }) => ({ token, token_type_hint: 'jwt' }),
      {},
    ],
    ['a token without a hint', ({ refresh_token: token }) => ({ token, token_type_hint: '' }), {}],
    ['with extensions', ({ refresh_token: token }) => ({ ...EXTENSIONS, token, client_id: 'web-app' }), {}],
    ['by our own name of it', ({ refresh_token }) => ({ refresh_token, token: '', client_id: 'a' }), {}],
  ]
  test.each(revocations)('%s: the session ends, and no other', async (_, parameters, headers) => {
    const [pair, other] = [await openSession(person), await openSession(person)]
    const response = await form('/logout', parameters(pair), headers)
    expect(response.status).toBe(204)
    expect((await me(pair.access_token)).status).toBe(401)
    expect((await post('/refresh', { refresh_token: pair.refresh_token })).status).toBe(401)
    expect((await me(other.access_token)).status).toBe(200)
  })

  test('a token that is none is no error, and costs no query', async () => {
    await database.roundTrips()
    expect((await form('/logout', { token: 'nonsense', token_type_hint: 'refresh_token' })).status).toBe(204)
    expect(await database.roundTrips()).toEqual([])
  })

  test('two tokens are refused, and neither session ends', async () => {
    const [first, second] = [await openSession(person), await openSession(person)]
    const both = { token: first.refresh_token, refresh_token: second.refresh_token }
    const error = { pointer: '/token', detail: 'send either token or refresh_token' }
    await expectRefused(form('/logout', both), error)
    await expectRefused(post('/logout', both), error)
    for (const { access_token } of [first, second]) expect((await me(access_token)).status).toBe(200)
  })
})

describe('a parameter of a form that is there more than once (RFC 6749 section 3.2)', async () => {
  const { refresh_token } = await openSession(person)
  const known: [string, string, string][] = [
    ['/login', 'username', `username=a&password=b&username=${person.email}`],
    ['/login', 'password', `username=${person.email}&password=a&password=b`],
    ['/login', 'grant_type', `username=a&password=b&grant_type=password&grant_type=password`],
    ['/refresh', 'refresh_token', `refresh_token=${refresh_token}&refresh_token=${refresh_token}`],
    ['/refresh', 'refresh_token', `refresh_token=&refresh_token=${refresh_token}`],
    ['/refresh', 'client_id', `refresh_token=${refresh_token}&client_id=a&client_id=b&client_id=c`],
    ['/logout', 'token', `token=${refresh_token}&token=${refresh_token}`],
    ['/logout', 'token_type_hint', `token=${refresh_token}&token_type_hint=a&token_type_hint=b`],
  ]
  test.each(known)('is refused by %s: %s', async (path, name, body) => {
    const error = { pointer: `/${name}`, code: 'repeated', detail: 'is there more than once' }
    await expectRefused(form(path, body), error)
    expect((await post('/logout', {})).status).toBe(204)
  })

  test('is ignored if unknown, as RFC 8707 repeats `resource`', async () => {
    const pair = await openSession(person)
    const body = `resource=a&resource=b&refresh_token=${pair.refresh_token}&x[]=1&x[]=2&__proto__=y`
    expect((await form('/refresh', body)).status).toBe(200)
  })
})
