import { describe, expect, test } from 'vitest'
import { createPasswordHasher } from '../../src/crypto/password.ts'
import { aroundStatements } from '../support/around-statements.ts'
import {
  countingHasher,
  createTestApp,
  FRONTEND,
  newPerson,
  payloadOf,
  TEST_WORK,
} from '../support/test-app.ts'

const { app, request, post, me, register, database, hasher, deps, clock } = await createTestApp()

const storedHash = async (id: number) =>
  (await database.sql('select password_hash from users where id = $1', [id]))[0]?.['password_hash']

type Token = { access_token: string; token_type: string; expires_in: number }
const person = await register({ full_name: 'Łucja Żółć ~?> 名前' })

describe('POST /login', () => {
  test('answers a token that opens /users/me', async () => {
    const response = await post('/login', { email: person.email, password: person.password })
    expect(response.status).toBe(200)
    const token = (await response.json()) as Token
    expect(token).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 1800,
      refresh_token: expect.stringMatching(/^[\w-]{70}$/),
      refresh_token_expires_in: 604_800,
    })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Pragma')).toBe('no-cache')
    expect(await (await me(token.access_token)).json()).toMatchObject({ id: person.id })
  })

  const { email, username, password } = person
  const multipart = new FormData()
  multipart.set('email', email)
  multipart.set('password', password)
  const bodies: [string, BodyInit, Record<string, string>][] = [
    ['urlencoded email', new URLSearchParams({ email, password }), {}],
    ['urlencoded username', new URLSearchParams({ username, password }), {}],
    ['username that holds the address', new URLSearchParams({ username: email, password }), {}],
    ['email that holds the username', new URLSearchParams({ email: username, password }), {}],
    ['multipart', multipart, {}],
    [
      'JSON',
      JSON.stringify({ username: email, password }),
      { 'Content-Type': 'application/json; charset=utf-8' },
    ],
    [
      'another case and spaces around',
      new URLSearchParams({ email: ` ${email.toUpperCase()} `, password }),
      {},
    ],
    ['username in another case', new URLSearchParams({ username: username.toUpperCase(), password }), {}],
    [
      'the OAuth 2 form of Swagger UI',
      new URLSearchParams({
        grant_type: 'password',
        username: email,
        password,
        scope: '',
        client_id: '',
        client_secret: '',
      }),
      { Authorization: 'Basic Og==' },
    ],
  ]
  test.each(bodies)('accepts %s, at /login and /auth/login', async (_, body, headers) => {
    for (const path of ['/login', '/login/', '/auth/login']) {
      const response = await request(path, { method: 'POST', body, headers })
      expect(response.status, path).toBe(200)
    }
  })

  test('answers what the first LumaScope frontend sends, with its origin', async () => {
    const response = await app.request('http://127.0.0.1:8000/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: FRONTEND },
      body: new URLSearchParams({ email, password }).toString(),
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe(FRONTEND)
    expect(response.headers.get('Access-Control-Allow-Credentials')).toBe('true')
  })

  test('lets a browser that only knows atob read the name in the payload', async () => {
    const response = await post('/login', { email, password })
    const { access_token } = (await response.json()) as Token
    const payload = JSON.parse(atob(access_token.split('.')[1] ?? '')) as { full_name: string; sub: string }
    expect(payload).toMatchObject({ full_name: person.full_name, sub: email })
  })

  test('records the time of the last sign-in', async () => {
    const other = await register()
    await post('/login', { email: other.email, password: other.password })
    const [row] = await database.sql(
      'select extract(epoch from last_login_at) as seconds from users where id = $1',
      [other.id],
    )
    expect(Number(row?.['seconds']) * 1000).toBe(clock.now.getTime())
  })

  test('takes a password in any Unicode form (row 26)', async () => {
    const composed = 'caf\u00e9 au lait \ufb01x'
    const other = await register({ password: composed })
    for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const) {
      const response = await post('/login', { email: other.email, password: composed.normalize(form) })
      expect(response.status, form).toBe(200)
    }
  })

  test.each([
    ['in another case', (text: string) => text.toUpperCase()],
    ['with a space after it', (text: string) => `${text} `],
    ['cut short', (text: string) => text.slice(0, -1)],
    ['that differs after byte 72 (row 27)', (text: string) => `${text.slice(0, -1)}!`],
  ])('refuses the password %s', async (_, variant) => {
    const other = await register({ password: 'x'.repeat(126).concat('ab') })
    const response = await post('/login', { email: other.email, password: variant(other.password) })
    expect(response.status).toBe(401)
  })

  test.each([
    ['neither email nor username', { password: 'x' }],
    ['both email and username', { email: 'a', username: 'b', password: 'x' }],
    ['no password', { email: 'a@example.com' }],
    ['an empty password', { email: 'a@example.com', password: '' }],
    ['NUL in the name (row 24)', { email: 'a\u0000', password: 'x' }],
    ['half a surrogate pair in the name', { email: 'a\ud800', password: 'x' }],
    ['half a surrogate pair in the password', { email: 'a', password: 'x\ud800' }],
    ['a name of 255 characters', { email: 'x'.repeat(255), password: 'x' }],
    ['a password of 1025 characters (row 28)', { email: 'a', password: 'x'.repeat(1025) }],
    ['an object for a password (row 20)', { email: 'a', password: { $ne: '' } }],
    ['an array for a name', { email: ['a'], password: 'x' }],
    ['an unknown member', { email: 'a', password: 'x', remember: true }],
  ])('refuses %s without a query or a hash', async (_, body) => {
    await database.roundTrips()
    hasher.count = 0
    expect((await post('/login', body)).status).toBe(422)
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
  })

  test.each([
    ['a field sent twice (ASVS 15.3.7)', 'email=a%40example.com&email=b%40example.com&password=x', 422],
    ['percent-encoded bytes that are not UTF-8', 'email=a%40example.com&password=%ff', 400],
    // The rest of it is a parameter that nobody knows, which OAuth ignores: the half does not match.
    ['an & in a password, which begins another name', 'email=a%40example.com&password=pa&ssword', 401],
  ])('refuses a form with %s', async (_, body, status) => {
    const headers = { 'Content-Type': 'Application/X-WWW-Form-URLEncoded' }
    const response = await request('/login', { method: 'POST', headers, body })
    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain('ssword"')
  })

  test('takes a % in a form that begins no escape for itself, as browsers do', async () => {
    const other = await register({ password: '100% correct' })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = `email=${other.email}&password=100%+correct`
    expect((await request('/login', { method: 'POST', headers, body })).status).toBe(200)
  })
})

describe('one shape for every outcome (row 56)', () => {
  const shapeOf = async (email: string, password: string) => {
    await database.roundTrips()
    hasher.count = 0
    const response = await post('/login', { email, password })
    const text = await response.text()
    const id = response.headers.get('X-Request-Id') ?? 'none'
    const headers = [...response.headers].filter(
      ([name]) => !['x-request-id', 'server-timing'].includes(name),
    )
    return {
      status: response.status,
      headers,
      body: text.replaceAll(id, '<id>'),
      hashes: hasher.count,
      statements: await database.roundTrips(),
    }
  }

  test('an unknown account, a wrong password and a disabled account can not be told apart', async () => {
    const disabled = await register()
    await database.sql('update users set disabled_at = now() where id = $1', [disabled.id])
    const shapes = [
      await shapeOf('nobody@example.com', 'wrong password'),
      await shapeOf(person.email, 'wrong password'),
      await shapeOf(disabled.email, 'wrong password'),
      await shapeOf(disabled.email, disabled.password),
    ]
    for (const shape of shapes) {
      expect(shape).toEqual(shapes[0])
      expect(shape).toMatchObject({ status: 401, hashes: 1 })
      expect(shape.statements).toHaveLength(2)
      expect(JSON.parse(shape.body)).toMatchObject({ code: 'invalid_credentials' })
      expect(shape.headers).toContainEqual(['www-authenticate', 'Bearer realm="LumaScope"'])
    }
    // Nothing was written for any of them.
    const [row] = await database.sql('select last_login_at from users where id = $1', [disabled.id])
    expect(row?.['last_login_at']).toBeNull()
  })

  test('a sign-in that succeeds sends the same two statements and makes the same one hash', async () => {
    const failure = await shapeOf(person.email, 'wrong password')
    const success = await shapeOf(person.email, person.password)
    expect(success.status).toBe(200)
    expect(success.statements).toEqual(failure.statements)
    expect(success.hashes).toBe(1)
  })

  test('unknown accounts cost as many iterations as known ones', async () => {
    const seen: number[] = []
    const original = crypto.subtle.deriveBits
    Object.defineProperty(crypto.subtle, 'deriveBits', {
      configurable: true,
      value: (algorithm: Pbkdf2Params, ...rest: [CryptoKey, number]) => {
        seen.push(algorithm.iterations)
        return original(algorithm, ...rest)
      },
    })
    try {
      await post('/login', { email: 'nobody@example.com', password: 'wrong password' })
      const unknown = seen.splice(0)
      await post('/login', { email: person.email, password: 'wrong password' })
      expect(unknown).toEqual([TEST_WORK.iterations, TEST_WORK.iterations])
      expect(seen).toEqual(unknown)
    } finally {
      Object.defineProperty(crypto.subtle, 'deriveBits', { configurable: true, value: original })
    }
  })
})

describe('a hash made with older parameters', () => {
  const older = createPasswordHasher({ iterations: 10, rounds: 1 }, deps.random.bytes)
  const withOldHash = async () => {
    const other = await register()
    await database.sql('update users set password_hash = $1 where id = $2', [
      await older.hash(other.password),
      other.id,
    ])
    return other
  }

  test('is replaced when the password proves right', async () => {
    const other = await withOldHash()
    const attempt = { email: other.email, password: other.password }
    await database.roundTrips()
    expect((await post('/login', attempt)).status).toBe(200)
    expect(await database.roundTrips()).toHaveLength(2)
    const upgraded = await storedHash(other.id)
    expect(upgraded).toMatch(/\$v=1,i=50,r=2\$/)
    expect((await post('/login', attempt)).status).toBe(200)
    expect(await storedHash(other.id)).toBe(upgraded)
  })

  test('stays when the password is wrong', async () => {
    const other = await withOldHash()
    const before = await storedHash(other.id)
    expect((await post('/login', { email: other.email, password: 'wrong password' })).status).toBe(401)
    expect(await storedHash(other.id)).toBe(before)
  })

  test('is replaced once by parallel sign-ins, which all succeed', async () => {
    const other = await withOldHash()
    const attempts = Array.from({ length: 10 }, () =>
      post('/login', { email: other.email, password: other.password }),
    )
    for (const response of await Promise.all(attempts)) expect(response.status).toBe(200)
    const upgraded = await storedHash(other.id)
    expect(await deps.passwords.verify(other.password, upgraded ?? null)).toEqual({
      matches: true,
      outdated: false,
    })
  })

  test.each([
    ['not a hash at all', 'plain'],
    ['of an unknown scheme', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA'],
    ['with absurd parameters', `$pbkdf2-sha256-chain$v=1,i=999999,r=99$${'A'.repeat(22)}$${'A'.repeat(43)}`],
  ])('that is %s refuses everybody, quickly and without an error (row 29)', async (_, hash) => {
    const other = await register()
    await database.sql('update users set password_hash = $1 where id = $2', [hash, other.id])
    hasher.count = 0
    expect((await post('/login', { email: other.email, password: other.password })).status).toBe(401)
    expect(hasher.count).toBe(1)
    expect(await storedHash(other.id)).toBe(hash)
  })
})

describe('an account that changes while its password is being checked', () => {
  test.each([
    ['disabled', 'update users set disabled_at = now() where id = $1'],
    [
      'given another password',
      "update users set password_hash = 'other', auth_version = auth_version + 1 where id = $1",
    ],
    ['deleted', 'delete from users where id = $1'],
  ])('and is %s can not sign in', async (_, statement) => {
    const real = countingHasher(createPasswordHasher(TEST_WORK, deps.random.bytes))
    let id = 0
    const racing = await createTestApp({
      deps: {
        passwords: {
          hash: real.hash,
          async verify(password, stored) {
            const result = await real.verify(password, stored)
            await racing.database.sql(statement, [id])
            return result
          },
        },
      },
    })
    const other = await racing.register()
    id = other.id
    expect((await racing.post('/login', { email: other.email, password: other.password })).status).toBe(401)
    const rows = await racing.database.sql('select last_login_at from users where id = $1', [id])
    expect(rows.every((row) => row['last_login_at'] === null)).toBe(true)
  })
})

describe('a response of the database that is another one’s', () => {
  test.each([
    ['of a failed attempt', (own: string) => `not ${own}`],
    ['of another user', (own: string) => own],
  ])('signs nobody in: %s', async (_, passwordOf) => {
    const opened: unknown[] = []
    const mixed = await createTestApp({
      database,
      deps: {
        connect: aroundStatements(deps.connect, async (send, _number, statements) => {
          const results = await send()
          if (!statements.some(({ text }) => text.includes('"opened" as'))) return results
          opened.push(results)
          return opened[0]
        }),
      },
    })
    const [first, second] = [await mixed.register(), await mixed.register()]
    await mixed.signIn(first)
    const { email, password } = second
    const response = await mixed.post('/login', { email, password: passwordOf(password) })
    expect(opened).toHaveLength(2)
    expect(response.status).toBe(401)
    expect(await response.text()).not.toContain('token"')
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

test('registers, signs in and loads the user with the hasher of production at full strength', async () => {
  const production = await createTestApp()
  const { passwordIterations: iterations, passwordRounds: rounds } = production.config
  const work = { iterations, rounds }
  const full = await createTestApp({ deps: { passwords: createPasswordHasher(work, deps.random.bytes) } })
  expect(work).toEqual({ iterations: 100_000, rounds: 6 })
  const someone = await full.register(newPerson())
  const token = await full.signIn(someone)
  expect(payloadOf(token)).toMatchObject({ sub: someone.email })
  expect((await full.me(token)).status).toBe(200)
}, 30_000)
