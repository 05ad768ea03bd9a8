import { expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'

const tested = await createTestApp({ database: await createTestDatabase() })
const { database, as, register, openSession } = tested
const { appoint } = administratorsOf(tested)

/** Keeps a user's row locked, so that statements that need it begin before any of them can decide. */
async function holding(id: number, requests: () => Promise<Response>[]): Promise<unknown[]> {
  const held = database.sql(
    `begin; select from users where id = ${id} for update; select pg_sleep(0.8); commit`,
  )
  await new Promise((resolve) => setTimeout(resolve, 300))
  const responses = await Promise.all(requests())
  await held
  return await Promise.all(responses.map((response) => response.json()))
}

test('of two who set the same name at once, both are told that name', async () => {
  const person = await register()
  const session = await openSession(person)
  const change = () => as(session).patch('/users/me', { full_name: 'The New Name' })
  const answers = await holding(person.id, () => [change(), change()])
  for (const answer of answers) expect(answer).toMatchObject({ full_name: 'The New Name' })
})

test('who sets the roles that somebody has is told the name that they take meanwhile', async () => {
  const [admin, person] = [await appoint('admin'), await register()]
  const session = await openSession(person)
  const [, answer] = await holding(person.id, () => [
    as(session).patch('/users/me', { full_name: 'The New Name' }),
    // A moment later, so that it waits behind the other one.
    new Promise((resolve) => setTimeout(resolve, 50)).then(
      async () => await as(admin).put(`/users/${person.id}/roles`, { roles: ['user'] }),
    ),
  ])
  expect(answer).toMatchObject({ full_name: 'The New Name' })
})
