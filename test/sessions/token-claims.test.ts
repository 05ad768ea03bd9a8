import { describe, expect, test } from 'vitest'
import { generateKey } from '../../src/crypto/signing-key.ts'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, payloadOf } from '../support/test-app.ts'

const first = await createTestApp()
const { database } = first
const appWith = async (variables: Record<string, string>) => await createTestApp({ database, variables })

/** The claims that every token has. */
const ALWAYS = [
  'iss',
  'aud',
  'sub',
  'email_verified',
  'uid',
  'sid',
  'jti',
  'iat',
  'exp',
  'auth_time',
  'token_use',
]
const claimsOf = async (variables: Record<string, string>, appMetadata: object = {}) => {
  const app = await appWith(variables)
  const person = await app.register()
  await database.sql('update users set app_metadata = $2::jsonb where id = $1', [
    person.id,
    JSON.stringify(appMetadata),
  ])
  const token = await app.signIn(person)
  return { app, person, token, payload: payloadOf(token) }
}
const headerOf = (token: string) => payloadOf(`.${token.split('.')[0]}`)

describe('JWT_SUBJECT', () => {
  test('email by default, as LumaScope has it; id where configured', async () => {
    const byEmail = await claimsOf({})
    expect(byEmail.payload).toMatchObject({ sub: byEmail.person.email, uid: byEmail.person.id })
    const byId = await claimsOf({ JWT_SUBJECT: 'id' })
    expect(byId.payload).toMatchObject({ sub: String(byId.person.id), uid: byId.person.id })
    expect(byId.payload['email_verified']).toBe(false)
  })
})

describe('JWT_CLAIMS', () => {
  test.each([
    ['', ['roles', 'full_name']],
    ['none', []],
    ['username, email', ['username', 'email']],
    ['roles,scope,full_name,username,email', ['roles', 'full_name', 'username', 'email']],
  ])('%j: %j and nothing else beside what every token has', async (JWT_CLAIMS, names) => {
    const { payload, app, token } = await claimsOf({ JWT_CLAIMS })
    expect(Object.keys(payload).sort()).toEqual([...ALWAYS, ...names].sort())
    expect((await app.me(token)).status).toBe(200)
  })

  test('scope is there for who has permissions', async () => {
    const app = await appWith({ JWT_CLAIMS: 'scope' })
    const { allow } = administratorsOf(app)
    const { access_token } = await allow('users:read', 'audit:read')
    expect(payloadOf(access_token)).toMatchObject({ scope: 'audit:read users:read' })
    expect(payloadOf(access_token)).not.toHaveProperty('roles')
  })

  test('members of app_metadata travel in a claim of that name, those that there are', async () => {
    const JWT_CLAIMS = 'app_metadata.plan, app_metadata.orgs, app_metadata.missing'
    const metadata = { plan: 'pro', orgs: [1, '\u6771\u4eac?>~'], secret: 'not named' }
    const { payload } = await claimsOf({ JWT_CLAIMS }, metadata)
    expect(payload['app_metadata']).toEqual({ plan: 'pro', orgs: metadata.orgs })
    expect((await claimsOf({ JWT_CLAIMS })).payload).not.toHaveProperty('app_metadata')
    expect((await claimsOf({}, metadata)).payload).not.toHaveProperty('app_metadata')
  })

  test('they are as the token was issued, and new with the next one', async () => {
    const app = await appWith({ JWT_CLAIMS: 'app_metadata.plan' })
    const person = await app.register()
    const pair = await app.openSession(person)
    const admin = await administratorsOf(app).appoint('admin')
    await app.as(admin).patch(`/users/${person.id}`, { app_metadata: { plan: 'pro' } })
    const refreshed = await app.post('/refresh', { refresh_token: pair.refresh_token })
    const { access_token } = (await refreshed.json()) as { access_token: string }
    expect(payloadOf(pair.access_token)).not.toHaveProperty('app_metadata')
    expect(payloadOf(access_token)).toMatchObject({ app_metadata: { plan: 'pro' } })
  })

  test.each([
    ['257 characters', 'x'.repeat(255)],
    ['characters that escapes make long', '\u{1f600}'.repeat(22)],
    ['an object', { a: 1 }],
    ['an object in an array', [{ a: 1 }]],
  ])('a member that travels can not be %s: 422, and nothing is stored', async (_, plan) => {
    const app = await appWith({ JWT_CLAIMS: 'app_metadata.plan' })
    const person = await app.register()
    const admin = await administratorsOf(app).appoint('admin')
    const change = { app_metadata: { plan, other: { a: 1 } } }
    const response = await app.as(admin).patch(`/users/${person.id}`, change)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      errors: [{ pointer: '/app_metadata/plan', code: 'invalid' }],
    })
    const [row] = await database.sql('select app_metadata from users where id = $1', [person.id])
    expect(row).toEqual({ app_metadata: '{}' })
    // Stored before it was named, it is left out: the account still works.
    await database.sql('update users set app_metadata = $2::jsonb where id = $1', [
      person.id,
      JSON.stringify({ plan }),
    ])
    const token = await app.signIn(person)
    expect(payloadOf(token)).not.toHaveProperty('app_metadata')
    expect((await app.me(token)).status).toBe(200)
  })

  test('the largest token that the configuration allows is accepted, and fits into a header of 16 KiB', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `m${index}`.padEnd(64, 'x'))
    const app = await createTestApp({
      database,
      variables: {
        JWT_CLAIMS: `full_name, username, email, roles, scope, ${names.map((name) => `app_metadata.${name}`)}`,
        JWT_AUDIENCE: '\u00fc'.repeat(255),
        JWT_TYPE: 'at+jwt',
        JWT_SIGNING_KEYS: JSON.stringify([await generateKey('ES256', '\u6771'.repeat(64))]),
      },
    })
    const person = await app.register({
      email: `${'~'.repeat(64)}@${`${'d'.repeat(61)}.`.repeat(3)}xy`,
      full_name: '\u{1f600}'.repeat(100),
      username: 'u'.repeat(32),
    })
    for (let index = 0; index < 31; index++) {
      const role = `r${String(index).padStart(31, 'x')}`
      await database.sql('insert into roles (name, description) values ($1, $1)', [role])
      await database.sql('insert into user_roles values ($1, $2)', [person.id, role])
    }
    await database.sql("insert into user_roles values ($1, 'admin')", [person.id])
    await database.sql('update users set app_metadata = $2::jsonb where id = $1', [
      person.id,
      JSON.stringify(Object.fromEntries(names.map((name) => [name, '\u00fc'.repeat(42)]))),
    ])
    const token = await app.signIn(person)
    expect(Object.keys(payloadOf(token)['app_metadata'] as object)).toEqual(names)
    expect(token.length).toBeGreaterThan(8192)
    expect(token.length).toBeLessThan(12 * 1024)
    expect((await app.me(token)).status).toBe(200)
  })
})

describe('JWT_TYPE', () => {
  test('JWT by default, at+jwt with the client (RFC 9068 section 2.2)', async () => {
    const plain = await claimsOf({})
    expect(headerOf(plain.token)).toMatchObject({ typ: 'JWT', alg: 'HS256', kid: 'jwt-secret' })
    const typed = await claimsOf({ JWT_TYPE: 'at+jwt' })
    expect(headerOf(typed.token)).toMatchObject({ typ: 'at+jwt', alg: 'HS256', kid: 'jwt-secret' })
    expect(typed.payload['client_id']).toBe('http://localhost:3000')
    expect((await typed.app.me(typed.token)).status).toBe(200)
  })

  test('a change of it, or of the subject or the claims, refuses no live token', async () => {
    const settings = [
      {},
      { JWT_TYPE: 'at+jwt' },
      { JWT_SUBJECT: 'id', JWT_CLAIMS: 'none' },
      { PRODUCT_NAME: 'Acme', ACCOUNT_FIELDS: 'none' },
    ]
    const apps = await Promise.all(settings.map(appWith))
    const person = await first.register()
    for (const issuing of apps) {
      const token = await issuing.signIn(person)
      for (const verifying of apps) expect((await verifying.me(token)).status).toBe(200)
    }
  })

  test.each(['', 'dpop+jwt', 'secevent+jwt', 'rt+jwt', 'logout+jwt', 'JWE'])(
    'a token of the type %j is none of ours',
    async (typ) => {
      const { app, token } = await claimsOf({ JWT_TYPE: 'at+jwt' })
      const { keyRing } = app.deps
      const key = await keyRing.signing.key()
      const header = btoa(JSON.stringify({ alg: 'HS256', typ, kid: 'jwt-secret' })).replaceAll('=', '')
      const signed = `${header}.${token.split('.')[1]}`
      expect(await app.me(`${signed}.${token.split('.')[2]}`)).toMatchObject({ status: 401 })
      expect(key.usages).toEqual(['sign'])
      const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed))
      const encoded = btoa(String.fromCharCode(...new Uint8Array(signature)))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', '')
      expect(await app.me(`${signed}.${encoded}`)).toMatchObject({ status: 401 })
    },
  )
})

test('in a cookie nothing travels, whatever is configured', async () => {
  const app = await appWith({ JWT_CLAIMS: 'email, roles, app_metadata.plan', JWT_TYPE: 'at+jwt' })
  const person = await app.register()
  await database.sql(`update users set app_metadata = '{"plan":"pro"}' where id = $1`, [person.id])
  const { email, password } = person
  const Origin = 'http://localhost:3000'
  const response = await app.post('/login?use_cookies=true', { email, password }, { Origin })
  const cookie = response.headers.getSetCookie().find((each) => each.includes('_access='))
  const payload = payloadOf(cookie?.split('=')[1] ?? '')
  expect(Object.keys(payload).sort()).toEqual([...ALWAYS, 'client_id'].sort())
  expect(payload['sub']).toBe(String(person.id))
})
