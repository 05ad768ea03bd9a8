import { describe, expect, test } from 'vitest'
import { createTestApp, FRONTEND, newPerson, payloadOf, type TokenPair } from '../support/test-app.ts'

const app = await createTestApp()
const { post, database, hasher, me, clock } = app

type Registered = TokenPair & { token_type: string; user: { id: number; email: string } }

const eventsOf = async (userId: number) =>
  (
    await database.sql('select type, session_id from audit_events where user_id = $1 order by id', [userId])
  ).map(({ type, session_id }) => ({ type, hasSession: session_id !== null }))

describe('POST /users?sign_in=true', () => {
  test('answers tokens beside the user, for one round trip and one hash', async () => {
    const person = newPerson()
    await database.roundTrips()
    hasher.count = 0
    const response = await post('/users?sign_in=true', person)
    expect(await database.roundTrips()).toHaveLength(1)
    expect(hasher.count).toBe(1)
    expect(response.status).toBe(201)
    const body = (await response.json()) as Registered
    expect(response.headers.get('Location')).toBe(`/users/${body.user.id}`)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(body).toMatchObject({
      token_type: 'bearer',
      expires_in: 1800,
      refresh_token_expires_in: 604_800,
      user: { email: person.email, username: person.username, roles: ['user'] },
    })
    expect(await (await me(body.access_token)).json()).toEqual(body.user)
  })

  test('its session is one like any other: it refreshes, is listed, and ends', async () => {
    const body = (await (await post('/users?sign_in=true', newPerson())).json()) as Registered
    const refreshed = await post('/refresh', { refresh_token: body.refresh_token })
    expect(refreshed.status).toBe(200)
    const { access_token } = (await refreshed.json()) as TokenPair
    const { items } = (await (await app.as(access_token).get('/users/me/sessions')).json()) as {
      items: { id: string; current: boolean }[]
    }
    expect(items).toMatchObject([{ id: payloadOf(body.access_token)['sid'], current: true }])
    expect((await app.as(access_token).delete('/users/me/sessions')).status).toBe(204)
    expect((await me(body.access_token)).status).toBe(401)
  })

  test('the token says the roles and permissions that the account has from its first moment', async () => {
    await database.sql(`insert into role_permissions values ('user', 'roles:read')`)
    try {
      const body = (await (await post('/users?sign_in=true', newPerson())).json()) as Registered
      expect(payloadOf(body.access_token)).toMatchObject({ roles: ['user'], scope: 'roles:read' })
      expect((await app.as(body.access_token).get('/roles')).status).toBe(200)
    } finally {
      await database.sql(`delete from role_permissions where role_name = 'user'`)
    }
  })

  test('registering and signing in are two events of one statement', async () => {
    const body = (await (await post('/users?sign_in=true', newPerson())).json()) as Registered
    expect(await eventsOf(body.user.id)).toEqual([
      { type: 'registered', hasSession: false },
      { type: 'signed_in', hasSession: true },
    ])
    const [row] = await database.sql('select last_login_at from users where id = $1', [body.user.id])
    expect(new Date(row?.['last_login_at'] ?? 0)).toEqual(clock.now)
  })

  test('in cookie mode the tokens are in cookies alone, and the browser becomes a known device', async () => {
    const response = await post('/users?sign_in=true&use_cookies=true', newPerson(), { Origin: FRONTEND })
    expect(response.status).toBe(201)
    const body = (await response.json()) as Registered
    expect(body).toMatchObject({ token_type: 'cookie', expires_in: 1800, user: { id: expect.any(Number) } })
    expect(JSON.stringify(body)).not.toContain('_token"')
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '')
    expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual([
      'lumascope_8000_device',
      'lumascope_8000_access',
      'lumascope_8000_refresh',
    ])
    const own = await app.request('/users/me', { headers: { Cookie: cookies.join('; ') } })
    expect(await own.json()).toEqual(body.user)
  })
})

describe('nobody is signed in', () => {
  const countSessions = async () => (await database.sql('select count(*) from sessions'))[0]?.['count']
  const countUsers = async () => (await database.sql('select count(*) from users'))[0]?.['count']

  test.each([
    ['without sign_in', '/users', 201],
    ['by sign_in=false', '/users?sign_in=false', 201],
  ])('%s', async (_, path, status) => {
    const before = await countSessions()
    const response = await post(path, newPerson())
    expect(response.status).toBe(status)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(Object.keys((await response.json()) as object)).not.toContain('access_token')
    expect(await countSessions()).toBe(before)
  })

  test('to an account whose address is taken', async () => {
    const person = await app.register()
    const before = [await countSessions(), await countUsers()]
    const response = await post('/users?sign_in=true', { ...newPerson(), email: person.email })
    expect(response.status).toBe(409)
    expect(await response.text()).not.toContain('token')
    expect([await countSessions(), await countUsers()]).toEqual(before)
  })

  test('by a page elsewhere, which would sign its visitor in to another account (login CSRF; row 50)', async () => {
    const before = [await countSessions(), await countUsers()]
    for (const headers of [{ Origin: 'https://evil.example' }, {}]) {
      const response = await post('/users?sign_in=true&use_cookies=true', newPerson(), headers)
      expect(response.status).toBe(403)
      expect(response.headers.getSetCookie()).toEqual([])
    }
    expect([await countSessions(), await countUsers()]).toEqual(before)
  })

  test.each(['/users?use_cookies=true', '/users?sign_in=yes', '/users?sign_in=true&remember=1'])(
    'by %s, which is refused',
    async (path) => {
      const before = await countUsers()
      expect((await post(path, newPerson(), { Origin: FRONTEND })).status).toBe(422)
      expect(await countUsers()).toBe(before)
    },
  )
})
