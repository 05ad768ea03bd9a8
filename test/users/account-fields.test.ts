import { describe, expect, test } from 'vitest'
import { createTestApp, newPerson, payloadOf } from '../support/test-app.ts'

const database = (await createTestApp()).database
const appWith = async (ACCOUNT_FIELDS: string) =>
  await createTestApp({ database, variables: { ACCOUNT_FIELDS } })

type Body = Record<string, unknown>
const bodyOf = async (response: Response) => (await response.json()) as Body
const errorsOf = async (response: Response) => {
  const { code, errors } = (await response.json()) as {
    code: string
    errors?: { pointer: string; code: string }[]
  }
  return [response.status, code, ...(errors ?? []).map((error) => `${error.pointer} ${error.code}`)]
}

describe('ACCOUNT_FIELDS=none: email and password alone', () => {
  test('registers, signs in and shows null for what nobody has', async () => {
    const app = await appWith('none')
    const { email, password } = newPerson()
    const registered = await app.post('/users', { email, password })
    expect(registered.status).toBe(201)
    const user = await bodyOf(registered)
    expect(user).toMatchObject({
      email,
      username: null,
      full_name: null,
      user_metadata: {},
      app_metadata: {},
    })
    const token = await app.signIn({ email, password })
    expect(await bodyOf(await app.me(token))).toEqual(user)
    expect(payloadOf(token)).not.toHaveProperty('full_name')
  })

  test.each(['username', 'full_name'] as const)('a request has no %s', async (name) => {
    const app = await appWith('none')
    const { email, password, ...rest } = newPerson()
    await app.database.roundTrips()
    const refused = [422, 'validation_failed', `/${name} unknown_member`]
    expect(await errorsOf(await app.post('/users', { email, password, [name]: rest[name] }))).toEqual(refused)
    expect(await errorsOf(await app.post('/users', { email, password, [name]: null }))).toEqual(refused)
    expect(await app.database.roundTrips()).toEqual([])
    await app.post('/users', { email, password })
    const token = await app.signIn({ email, password })
    const changed = await app.as(token).send('PATCH', '/users/me', { [name]: rest[name] })
    expect(await errorsOf(changed)).toEqual(refused)
    const [row] = await database.sql('select username, full_name from users where email = $1', [email])
    expect(row).toEqual({ username: null, full_name: null })
  })

  test('nobody signs in by a username of earlier days, with the same work as for anybody', async () => {
    const person = await (await appWith('username, full_name')).register({ username: 'hidden-one' })
    const app = await appWith('none')
    const cost = async (body: object) => {
      await app.database.roundTrips()
      app.hasher.count = 0
      const response = await app.post('/login', body)
      return [response.status, (await app.database.roundTrips()).length, app.hasher.count]
    }
    expect(await cost({ username: person.username, password: person.password })).toEqual([401, 2, 1])
    expect(await cost({ username: person.email, password: person.password })).toEqual([200, 2, 1])
    // What the account had is stored still, and shown nowhere: not to its owner, not in tokens.
    const token = await app.signIn(person)
    expect(await bodyOf(await app.me(token))).toMatchObject({ username: null, full_name: null })
    expect(JSON.stringify(payloadOf(token))).not.toContain(person.full_name)
    const [row] = await database.sql('select full_name from users where id = $1', [person.id])
    expect(row).toEqual({ full_name: person.full_name })
    // Nor does a search find it, or an error of a new password tell it.
    await database.sql("insert into user_roles values ($1, 'admin')", [person.id])
    for (const query of [person.username, person.full_name, '1']) {
      const list = await app.as(token).get(`/users?query=${encodeURIComponent(query)}`)
      const { items } = (await list.json()) as { items: Body[] }
      expect(items).toEqual([])
    }
    const change = { current_password: person.password, new_password: `${person.username} 1234567` }
    expect((await app.as(token).post('/users/me/password', change)).status).toBe(200)
  })
})

describe('optional fields', () => {
  test.each([
    ['left out', {}],
    ['null', { username: null, full_name: null }],
  ])('%s at registration: null', async (_, given) => {
    const app = await appWith('username?, full_name?')
    const { email, password } = newPerson()
    const response = await app.post('/users', { email, password, ...given })
    expect(response.status).toBe(201)
    expect(await bodyOf(response)).toMatchObject({ username: null, full_name: null })
  })

  test('given, changed, and removed by null', async () => {
    const app = await appWith('username?, full_name?')
    const person = await app.register()
    const token = await app.signIn({ ...person, email: person.username })
    const change = async (body: object) => await bodyOf(await app.as(token).send('PATCH', '/users/me', body))
    expect(await change({ full_name: 'Someone Else' })).toMatchObject({
      username: person.username,
      full_name: 'Someone Else',
    })
    expect(await change({ username: null })).toMatchObject({ username: null, full_name: 'Someone Else' })
    expect(await change({ full_name: null })).toMatchObject({ username: null, full_name: null })
    // The username is free again.
    const other = await app.register({ username: person.username })
    expect(other.id).not.toBe(person.id)
  })

  test('many people without a username are no conflict', async () => {
    const app = await appWith('username?')
    for (const _ of [1, 2, 3]) {
      const { email, password } = newPerson()
      expect((await app.post('/users', { email, password })).status).toBe(201)
    }
  })

  test('an administrator removes them too', async () => {
    const app = await appWith('username?, full_name?')
    const person = await app.register()
    const admin = await app.register()
    await database.sql("insert into user_roles values ($1, 'admin')", [admin.id])
    const as = app.as(await app.signIn(admin))
    const changed = await as.send('PATCH', `/users/${person.id}`, { username: null, full_name: null })
    expect(await bodyOf(changed)).toMatchObject({ username: null, full_name: null, email: person.email })
  })
})

test('required fields can neither be left out nor removed', async () => {
  const app = await appWith('username, full_name')
  const { username: _, ...without } = newPerson()
  expect(await errorsOf(await app.post('/users', without))).toEqual([
    422,
    'validation_failed',
    '/username required',
  ])
  const person = await app.register()
  const removed = await app.as(await app.signIn(person)).send('PATCH', '/users/me', { full_name: null })
  expect((await errorsOf(removed)).slice(0, 2)).toEqual([422, 'validation_failed'])
})

test('the password rules know an account without a username', async () => {
  const app = await appWith('none')
  const { email } = newPerson()
  const weak = await app.post('/users', { email, password: `${email}1` })
  expect(await errorsOf(weak)).toEqual([422, 'weak_password', '/password resembles_account'])
})

test('a search finds people who lack a name, by what they have', async () => {
  const app = await appWith('username?, full_name?')
  const admin = await app.register()
  await database.sql("insert into user_roles values ($1, 'admin')", [admin.id])
  const email = 'zz-nameless@example.com'
  await app.post('/users', { email, password: newPerson().password })
  const found = await app.as(await app.signIn(admin)).get('/users?query=zz-name')
  const { items } = (await found.json()) as { items: Body[] }
  expect(items).toMatchObject([{ email, username: null, full_name: null }])
})
