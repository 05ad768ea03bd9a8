import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, newPerson } from '../support/test-app.ts'

const open = await createTestApp()
const { database } = open
const { appoint, allow } = administratorsOf(open)
const admin = await appoint('admin')
const nobody = await appoint()
const closed = await createTestApp({ database, variables: { REGISTRATION: 'closed' } })

const newAccount = () => {
  const { password: _, ...account } = newPerson()
  return account
}
const create = (bearer: { access_token: string }, body: object) => closed.as(bearer).post('/users', body)
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const find = async (email: string) => (await database.sql('select * from users where email = $1', [email]))[0]

describe('while REGISTRATION=closed, POST /users', () => {
  test.each([
    ['with a password', newPerson()],
    ['without one', newAccount()],
    ['with nothing', {}],
  ])('by anybody %s: 403 registration_closed, and nothing happened (row 114)', async (_, body) => {
    await database.roundTrips()
    closed.hasher.count = 0
    const response = await closed.post('/users', body)
    expect(response.status).toBe(403)
    expect(await codeOf(response)).toBe('registration_closed')
    expect(await database.roundTrips()).toEqual([])
    expect(closed.hasher.count).toBe(0)
  })

  test('by a signed-in person without users:write: 403 forbidden', async () => {
    const account = newAccount()
    const response = await create(nobody, account)
    expect([response.status, await codeOf(response)]).toEqual([403, 'forbidden'])
    expect(await find(account.email)).toBeUndefined()
  })

  test('with a token that is not accepted: 401, so that the client refreshes it', async () => {
    const response = await create({ access_token: 'a.b.c' }, newAccount())
    expect([response.status, await codeOf(response)]).toEqual([401, 'invalid_token'])
    // In cookie mode, too: the access cookie has expired.
    const headers = { Cookie: 'lumascope_8000_refresh=x', Origin: 'http://localhost:3000' }
    expect(await codeOf(await closed.post('/users', newAccount(), headers))).toBe('access_token_expired')
  })

  test('by an administrator: an account without a password, which nobody can sign in to', async () => {
    const account = newAccount()
    await database.roundTrips()
    const response = await create(admin, account)
    expect(await database.roundTrips()).toHaveLength(2)
    expect(response.status).toBe(201)
    const user = (await response.json()) as { id: number }
    expect(user).toMatchObject({ ...account, roles: ['user'], email_verified: false })
    expect(response.headers.get('Location')).toBe(`/users/${user.id}`)
    expect((await find(account.email))?.['password_hash']).toBeNull()
    expect(closed.hasher.count).toBe(0)
    for (const password of ['', 'null', account.username]) {
      const signIn = await closed.post('/login', { email: account.email, password })
      expect(signIn.status).toBe(password === '' ? 422 : 401)
    }
    const events = await database.sql('select type, actor_id from audit_events where user_id = $1', [user.id])
    expect(events[0]).toEqual({ type: 'account_created', actor_id: String(admin.id) })
  })

  test('an administrator chooses nobody’s password, and signs nobody in', async () => {
    const account = newPerson()
    const response = await create(admin, account)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      errors: [{ pointer: '/password', code: 'unknown_member' }],
    })
    const { password: _, ...rest } = account
    expect((await closed.as(admin).post('/users?sign_in=true', rest)).status).toBe(422)
    expect(await find(account.email)).toBeUndefined()
  })

  test.each(['email', 'username'] as const)('a taken %s is 409 with the pointer', async (member) => {
    const person = await open.register()
    const account = { ...newAccount(), [member]: person[member].toUpperCase() }
    const response = await create(admin, account)
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({
      code: `${member}_taken`,
      errors: [{ pointer: `/${member}` }],
    })
    const made = await database.sql('select 1 from users where full_name = $1', [account.full_name])
    expect(made).toEqual([])
  })

  test('of parallel creations of one address one succeeds, ten rounds', async () => {
    for (let round = 0; round < 10; round++) {
      const account = newAccount()
      const attempts = Array.from({ length: 10 }, () =>
        create(admin, { ...newAccount(), email: account.email }),
      )
      const statuses = (await Promise.all(attempts)).map(({ status }) => status).sort()
      expect(statuses).toEqual([201, ...Array<number>(9).fill(409)])
    }
  })

  test('nobody gives, by the default role, a permission that they lack (row 115)', async () => {
    const inviter = await allow('users:write')
    expect((await create(inviter, newAccount())).status).toBe(201)
    await database.sql(`insert into role_permissions values ('user', 'audit:read')`)
    await database.sql(`delete from user_roles where user_id = $1 and role_name = 'user'`, [inviter.id])
    try {
      const account = newAccount()
      const response = await create(inviter, account)
      expect([response.status, await codeOf(response)]).toEqual([403, 'forbidden'])
      expect(await find(account.email)).toBeUndefined()
      expect((await create(admin, account)).status).toBe(201)
    } finally {
      await database.sql(`delete from role_permissions where role_name = 'user'`)
    }
  })

  test('everything else goes on: who has an account signs in', async () => {
    const person = await open.register()
    expect((await closed.me(await closed.signIn(person))).status).toBe(200)
  })
})

test('while it is open, POST /users registers whoever sends it, an administrator too', async () => {
  const account = newAccount()
  const response = await open.as(admin).post('/users', account)
  expect(response.status).toBe(422)
  expect(await find(account.email)).toBeUndefined()
  expect((await open.as(admin).post('/users', { ...account, password: 'correct horse' })).status).toBe(201)
})
