import { expect, test } from 'vitest'
import { createTestApp, createTestDatabase, DEFAULT_LIMITS, newPerson } from '../support/test-app.ts'

const variables = { REGISTRATION_PRIVACY: 'strict' }
const { post, mailbox, database, hasher } = await createTestApp({ variables })

const kindsFor = async (email: string) => (await mailbox(email)).map(({ kind }) => kind).sort()

async function attempt(person: object) {
  await database.roundTrips()
  hasher.count = 0
  const response = await post('/users', person)
  const headers = [...response.headers].filter(([name]) => name !== 'x-request-id')
  return {
    status: response.status,
    headers,
    body: await response.text(),
    statements: await database.roundTrips(),
    hashes: hasher.count,
  }
}

test('new and known addresses are answered alike, and the owner of a known one is told (row 55)', async () => {
  const person = newPerson()
  const created = await attempt(person)
  expect([created.status, created.body]).toEqual([202, '{"status":"accepted"}'])
  expect(created.headers.map(([name]) => name)).not.toContain('location')
  const known = await attempt({ ...newPerson(), email: person.email })
  expect(known).toEqual(created)
  expect(known.statements).toHaveLength(1)
  expect(known.hashes).toBe(1)
  expect(await kindsFor(person.email)).toEqual(['address_in_use', 'email_verification'])
  const { email, password } = person
  expect((await post('/login', { email, password })).status).toBe(200)
})

test('a username that is taken is said, whatever the address is, and mails nobody', async () => {
  const person = newPerson()
  await attempt(person)
  for (const email of [person.email, newPerson().email]) {
    const refused = await attempt({ ...newPerson(), email, username: person.username })
    expect([refused.status, JSON.parse(refused.body).code]).toEqual([409, 'username_taken'])
  }
  expect(await kindsFor(person.email)).toEqual(['email_verification'])
})

test('the owner gets three of these mails an hour; the answer stays the same', async () => {
  const app = await createTestApp({
    database: await createTestDatabase(),
    variables: { ...variables, ...DEFAULT_LIMITS },
  })
  const { email } = newPerson()
  for (let number = 0; number < 6; number++) {
    expect((await app.post('/users', { ...newPerson(), email })).status).toBe(202)
  }
  expect((await app.mailbox(email)).filter(({ kind }) => kind === 'address_in_use')).toHaveLength(3)
})

test('it can’t sign in at the same time: that would tell', async () => {
  const person = newPerson()
  const refused = await attempt({ ...person })
  expect(refused.status).toBe(202)
  const response = await post('/users?sign_in=true', newPerson())
  expect(response.status).toBe(422)
})
