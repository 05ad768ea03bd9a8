import { describe, expect, test } from 'vitest'
import { createTestApp, FRONTEND } from '../support/test-app.ts'

const { request, post, me, register, signIn, openSession, database, hasher } = await createTestApp()

describe('GET /users/me', () => {
  test('shows the user whose token it is', async () => {
    const person = await register()
    const response = await me(await signIn(person))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      id: person.id,
      email: person.email,
      username: person.username,
    })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  test('costs one round trip and no hash', async () => {
    const token = await signIn(await register())
    await database.roundTrips()
    hasher.count = 0
    expect((await me(token)).status).toBe(200)
    expect(await database.roundTrips()).toHaveLength(1)
    expect(hasher.count).toBe(0)
  })

  test('shows the user of today, not the one of the sign-in', async () => {
    const person = await register()
    const token = await signIn(person)
    await database.sql("update users set full_name = 'New Name' where id = $1", [person.id])
    expect(await (await me(token)).json()).toMatchObject({ full_name: 'New Name' })
  })

  test('never mixes up users whose requests run at the same time (row 85)', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => register()))
    const tokens = await Promise.all(people.map(signIn))
    const order = Array.from({ length: 100 }, (_, request) => (request * 7) % people.length)
    const answers = await Promise.all(
      order.map(async (index) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
        return (await (await me(tokens[index] ?? '')).json()) as { email: string }
      }),
    )
    expect(answers.map(({ email }) => email)).toEqual(order.map((index) => people[index]?.email))
  })

  test.each([
    ['disabled', 'update users set disabled_at = now() where id = $1'],
    ['deleted', 'delete from users where id = $1'],
  ])('refuses both tokens of a user who was %s, at once (row 68)', async (_, statement) => {
    const person = await register()
    const { access_token, refresh_token } = await openSession(person)
    await database.sql(statement, [person.id])
    for (const response of [await me(access_token), await post('/refresh', { refresh_token })]) {
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ code: 'invalid_token' })
    }
  })

  test('refuses the tokens of a deleted account whose address was registered again (row 69)', async () => {
    const person = await register()
    const { access_token, refresh_token } = await openSession(person)
    await database.sql('delete from users where id = $1', [person.id])
    const successor = await register({ email: person.email })
    expect(successor.id).not.toBe(person.id)
    expect((await me(access_token)).status).toBe(401)
    expect((await post('/refresh', { refresh_token })).status).toBe(401)
  })
})

describe('GET /auth/me, for the existing frontend', () => {
  test('adds the first role', async () => {
    const person = await register()
    const token = await signIn(person)
    const response = await request('/auth/me/', {
      headers: { Authorization: `bearer ${token}`, Origin: FRONTEND },
    })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ id: person.id, roles: ['user'], role: 'user' })
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe(FRONTEND)
  })
})
