import { expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'
import { whileLocked } from '../support/while-locked.ts'

const tested = await createTestApp({ database: await createTestDatabase() })
const { database, as, register, openSession } = tested
const { appoint } = administratorsOf(tested)

/** The answers of requests that wait for the user's row together. */
async function answersOf(id: number, requests: (() => Promise<Response>)[]): Promise<unknown[]> {
  const responses = await whileLocked(database, `users where id = ${id}`, requests)
  return await Promise.all(responses.map((response) => response.json()))
}

test('of two who set the same name at once, both are told that name', async () => {
  const person = await register()
  const session = await openSession(person)
  const change = () => as(session).patch('/users/me', { full_name: 'The New Name' })
  const answers = await answersOf(person.id, [change, change])
  for (const answer of answers) expect(answer).toMatchObject({ full_name: 'The New Name' })
})

test('who sets the roles that somebody has is told the name that they take meanwhile', async () => {
  const [admin, person] = [await appoint('admin'), await register()]
  const session = await openSession(person)
  const [, answer] = await answersOf(person.id, [
    () => as(session).patch('/users/me', { full_name: 'The New Name' }),
    () => as(admin).put(`/users/${person.id}/roles`, { roles: ['user'] }),
  ])
  expect(answer).toMatchObject({ full_name: 'The New Name' })
})

test('who takes back the name that another request is just replacing gets it back', async () => {
  const person = await register()
  const session = await openSession(person)
  const rename = (username: string) => () => as(session).patch('/users/me', { username })
  const taken = `${person.username}-next`
  const answers = await answersOf(person.id, [rename(taken), rename(person.username)])
  expect(answers).toMatchObject([{ username: taken }, { username: person.username }])
  const [row] = await database.sql('select username from users where id = $1', [String(person.id)])
  expect(row).toEqual({ username: person.username })
})
