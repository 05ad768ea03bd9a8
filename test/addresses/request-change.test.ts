import { describe, expect, test } from 'vitest'
import { createTestApp, createTestDatabase, DEFAULT_LIMITS, newPerson } from '../support/test-app.ts'

const { post, register, openSession, as, me, mailbox, database, hasher, clock } = await createTestApp()

const confirm = (token: string) => post('/email-verifications/confirm', { token })
const kindsFor = async (email: string) => (await mailbox(email)).map(({ kind }) => kind).sort()
const tokenFor = async (email: string, wanted: string) =>
  (await mailbox(email)).findLast(({ kind }) => kind === wanted)?.token ?? ''
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

async function signedIn() {
  const person = await register()
  const pair = await openSession(person)
  const change = (newEmail: string, password = person.password) =>
    as(pair).post('/users/me/email', { new_email: newEmail, password })
  return { person, pair, change }
}

describe('an account gets another address (row 77)', () => {
  test('asked with the password, confirmed by the new address: nothing changes before', async () => {
    const { person, pair, change } = await signedIn()
    const { email: newEmail } = newPerson()
    await database.roundTrips()
    hasher.count = 0
    const asked = await change(newEmail.toUpperCase())
    expect([asked.status, await asked.json()]).toEqual([202, { status: 'accepted' }])
    // The guard, the password, and the mails.
    expect(await database.roundTrips()).toHaveLength(3)
    expect(hasher.count).toBe(1)
    expect(await (await me(pair.access_token)).json()).toMatchObject({ email: person.email })
    expect(await kindsFor(person.email)).toEqual(['email_change_requested', 'email_verification'])
    expect(await kindsFor(newEmail)).toEqual(['email_change'])

    const token = await tokenFor(newEmail, 'email_change')
    // The new address may be a stranger's, if it was mistyped: neither mail nor token says whose account it is.
    const sent =
      JSON.stringify(await mailbox(newEmail)) + atob(token.replaceAll('-', '+').replaceAll('_', '/'))
    for (const own of [person.email, person.username, '203.0.113.7']) expect(sent).not.toContain(own)
    expect((await confirm(token)).status).toBe(204)
    expect(await (await me(pair.access_token)).json()).toMatchObject({
      email: newEmail,
      email_verified: true,
    })
    expect(await kindsFor(newEmail)).toEqual(['email_change', 'email_change_completed'])
    expect(await kindsFor(person.email)).toEqual([
      'email_change_requested',
      'email_changed',
      'email_verification',
    ])
    expect((await post('/login', { email: newEmail, password: person.password })).status).toBe(200)
    expect((await post('/login', { email: person.email, password: person.password })).status).toBe(401)
    expect((await confirm(token)).status).toBe(400)
  })

  test('without the right password nothing happens, and no mail is sent', async () => {
    const { person, change } = await signedIn()
    const { email: newEmail } = newPerson()
    const refused = await change(newEmail, 'not the password')
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'wrong_password'])
    expect(await mailbox(newEmail)).toEqual([])
    expect(await kindsFor(person.email)).toEqual(['email_verification'])
    const same = await change(person.email)
    expect([same.status, await codeOf(same)]).toEqual([422, 'validation_failed'])
  })

  test('an address of somebody else: the same answer, and its owner is told', async () => {
    const other = await register()
    const { person, pair, change } = await signedIn()
    const free = newPerson().email
    const answers = []
    for (const address of [other.email, free]) {
      await database.roundTrips()
      const response = await change(address)
      answers.push([response.status, await response.text(), await database.roundTrips()])
    }
    expect(answers[0]).toEqual(answers[1])
    expect(await kindsFor(other.email)).toEqual(['address_in_use', 'email_verification'])
    const told = (await mailbox(other.email)).find(({ kind }) => kind === 'address_in_use')
    // Who asked is nothing for a stranger to know.
    expect(JSON.stringify(told)).not.toContain(person.email)
    expect(JSON.stringify(told)).not.toContain(person.username)
    expect(await (await me(pair.access_token)).json()).toMatchObject({ email: person.email })
  })

  test('somebody takes the address meanwhile: 409, and the account stays as it is', async () => {
    const { person, pair, change } = await signedIn()
    const wanted = newPerson()
    await change(wanted.email)
    const token = await tokenFor(wanted.email, 'email_change')
    await register(wanted)
    const late = await confirm(token)
    expect([late.status, await codeOf(late)]).toEqual([409, 'email_taken'])
    expect(await (await me(pair.access_token)).json()).toMatchObject({ email: person.email })
  })

  test('a disabled account gets no new address, and a refused change can be confirmed later', async () => {
    const { person, change } = await signedIn()
    const wanted = newPerson()
    await change(wanted.email)
    const token = await tokenFor(wanted.email, 'email_change')
    await database.sql('update users set disabled_at = now() where id = $1', [String(person.id)])
    expect((await confirm(token)).status).toBe(400)
    await database.sql('update users set disabled_at = null where id = $1', [String(person.id)])
    const other = await register(wanted)
    expect((await confirm(token)).status).toBe(409)
    await database.sql('delete from users where id = $1', [String(other.id)])
    expect((await confirm(token)).status).toBe(204)
  })

  test('an address that is kept for another account can’t be confirmed either', async () => {
    const keeper = await register()
    const welcome = await tokenFor(keeper.email, 'email_verification')
    await confirm(welcome)
    const { change } = await signedIn()
    // Asked for while nobody has it …
    await database.sql('update users set email = $2 where id = $1', [String(keeper.id), 'away@example.com'])
    await change(keeper.email)
    const token = await tokenFor(keeper.email, 'email_change')
    await database.sql('update users set email = $2 where id = $1', [String(keeper.id), keeper.email])
    const pair = await openSession(keeper)
    const elsewhere = newPerson().email
    await as(pair).post('/users/me/email', { new_email: elsewhere, password: keeper.password })
    await confirm(await tokenFor(elsewhere, 'email_change'))
    // … and kept by now.
    expect((await confirm(token)).status).toBe(409)
  })

  test('a reset link of the old address stays dead when the address comes back (row 43)', async () => {
    const { person, pair, change } = await signedIn()
    const { email: elsewhere } = newPerson()
    await post('/password-resets', { email: person.email })
    const reset = await tokenFor(person.email, 'password_reset')
    await change(elsewhere)
    await confirm(await tokenFor(elsewhere, 'email_change'))
    const body = { new_email: person.email, password: person.password }
    await as(pair).post('/users/me/email', body)
    expect((await confirm(await tokenFor(person.email, 'email_change'))).status).toBe(204)
    const late = await post('/password-resets/confirm', {
      token: reset,
      new_password: 'quite another staple',
    })
    expect(late.status).toBe(400)
  })

  test('a new password ends a change that waits, and so does a newer change', async () => {
    const { person, pair, change } = await signedIn()
    const [first, second] = [newPerson().email, newPerson().email]
    await change(first)
    clock.now = new Date(clock.now.getTime() + 1000)
    await change(second)
    expect((await confirm(await tokenFor(first, 'email_change'))).status).toBe(400)
    await as(pair).post('/users/me/password', {
      current_password: person.password,
      new_password: 'quite another staple',
    })
    expect((await confirm(await tokenFor(second, 'email_change'))).status).toBe(400)
  })

  test('an account asks three times an hour, and an address is asked twelve times a day, whoever asks', async () => {
    const app = await createTestApp({
      variables: { ...DEFAULT_LIMITS, LIMIT_REGISTER_ADDRESS: '10000/60' },
      database: await createTestDatabase(),
    })
    const target = newPerson().email
    const statuses = []
    for (let account = 0; account < 5; account++) {
      const person = await app.register()
      const session = app.as(await app.openSession(person))
      const body = { new_email: target, password: person.password }
      for (let time = 0; time < 4; time++) statuses.push((await session.post('/users/me/email', body)).status)
    }
    expect(statuses).toEqual([...Array(4).fill([202, 202, 202, 429]).flat(), 429, 429, 429, 429])
    expect(await app.mailbox(target)).toHaveLength(12)
  })
})
