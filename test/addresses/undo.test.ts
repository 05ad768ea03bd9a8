import { describe, expect, test } from 'vitest'
import { createTestApp, newPerson } from '../support/test-app.ts'

const { post, register, openSession, as, me, mailbox, clock } = await createTestApp()

/** Somebody who has proven their address. */
async function registerVerified() {
  const person = await register()
  const token = await tokenFor(person.email, 'email_verification')
  await post('/email-verifications/confirm', { token })
  return person
}

const later = (milliseconds: number) => {
  clock.now = new Date(clock.now.getTime() + milliseconds)
}
const tokenFor = async (email: string, wanted: string) =>
  (await mailbox(email)).findLast(({ kind }) => kind === wanted)?.token ?? ''
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const undo = (token: string) => post('/email-verifications/undo', { token })

/** Changes the address of an account from one to the other, and returns the token that undoes it. */
async function changeTo(pair: { access_token: string }, { from, to, password }: Record<string, string>) {
  await as(pair).post('/users/me/email', { new_email: to, password })
  const confirmed = await post('/email-verifications/confirm', {
    token: await tokenFor(to ?? '', 'email_change'),
  })
  expect(confirmed.status).toBe(204)
  later(1000)
  return await tokenFor(from ?? '', 'email_changed')
}

describe('the old address undoes a change (row 77)', () => {
  test('it is back, every session ends, and the password is void until the reset that is mailed', async () => {
    const person = await register()
    const thief = await openSession(person)
    const stolen = newPerson().email
    const token = await changeTo(thief, { from: person.email, to: stolen, password: person.password })
    expect((await undo(token)).status).toBe(204)
    expect((await me(thief.access_token)).status).toBe(401)
    for (const email of [person.email, stolen]) {
      expect((await post('/login', { email, password: person.password })).status).toBe(401)
    }
    const reset = await tokenFor(person.email, 'email_change_undone')
    const done = await post('/password-resets/confirm', { token: reset, new_password: 'the owner’s again' })
    expect(done.status).toBe(204)
    const owner = await openSession({ email: person.email, password: 'the owner’s again' })
    expect(await (await me(owner.access_token)).json()).toMatchObject({ email: person.email, id: person.id })
    expect((await undo(token)).status).toBe(400)
  })

  test('the old address is kept for its owner: nobody can take it and so block the undoing (row 117)', async () => {
    const person = await registerVerified()
    const thief = await openSession(person)
    const token = await changeTo(thief, {
      from: person.email,
      to: newPerson().email,
      password: person.password,
    })
    const taking = await post('/users', { ...newPerson(), email: person.email })
    expect([taking.status, await codeOf(taking)]).toEqual([409, 'email_taken'])
    const accomplice = await register()
    const session = as(await openSession(accomplice))
    const body = { new_email: person.email, password: accomplice.password }
    expect((await session.post('/users/me/email', body)).status).toBe(202)
    expect(await tokenFor(person.email, 'email_change')).toBe('')
    expect((await undo(token)).status).toBe(204)
  })

  test('it is kept as long as the link works: for three days, and no longer', async () => {
    const person = await registerVerified()
    const pair = await openSession(person)
    await changeTo(pair, { from: person.email, to: newPerson().email, password: person.password })
    const take = async () => (await post('/users', { ...newPerson(), email: person.email })).status
    later(3 * 86_400_000 - 2000)
    expect(await take()).toBe(409)
    later(2000)
    expect(await take()).toBe(201)
  })

  test('a thief who deletes the account after the change: the old address hears of that too', async () => {
    const person = await registerVerified()
    const { password } = person
    const thief = await openSession(person)
    const stolen = newPerson().email
    await changeTo(thief, { from: person.email, to: stolen, password })
    expect((await as(thief).delete('/users/me', { password })).status).toBe(204)
    for (const email of [person.email, stolen]) {
      expect((await mailbox(email)).map(({ kind }) => kind)).toContain('account_deleted')
    }
  })

  test('an address that nobody had proven is free at once: a stranger who moved away keeps its owner from nothing', async () => {
    const stranger = await register()
    const pair = await openSession(stranger)
    await as(pair).patch('/users/me', { user_metadata: { role: 'planted' } })
    const token = await changeTo(pair, {
      from: stranger.email,
      to: newPerson().email,
      password: stranger.password,
    })
    const owner = await post('/users', { ...newPerson(), email: stranger.email })
    expect(owner.status).toBe(201)
    const late = await undo(token)
    expect([late.status, await codeOf(late)]).toEqual([409, 'email_taken'])
  })

  test('undoing to an address that nobody had proven leaves nothing of the stranger’s there (row 46)', async () => {
    const stranger = await register()
    const pair = await openSession(stranger)
    await as(pair).patch('/users/me', { user_metadata: { role: 'planted' } })
    const token = await changeTo(pair, {
      from: stranger.email,
      to: newPerson().email,
      password: stranger.password,
    })
    expect((await undo(token)).status).toBe(204)
    const reset = await tokenFor(stranger.email, 'email_change_undone')
    await post('/password-resets/confirm', { token: reset, new_password: 'the owner’s own words' })
    const owner = await openSession({ email: stranger.email, password: 'the owner’s own words' })
    expect(await (await me(owner.access_token)).json()).toMatchObject({ user_metadata: {} })
  })

  test('with clocks that differ too: a link that undoes a later change ends', async () => {
    const person = await registerVerified()
    const { password } = person
    const thief = await openSession(person)
    const [first, second] = [newPerson().email, newPerson().email]
    later(10_000)
    const ofOwner = await changeTo(thief, { from: person.email, to: first, password })
    // The second change goes to an instance whose clock is behind.
    later(-6000)
    const ofThief = await changeTo(thief, { from: first, to: second, password })
    later(10_000)
    expect((await undo(ofOwner)).status).toBe(204)
    expect((await undo(ofThief)).status).toBe(400)
  })

  test('a link that undoes an earlier change stays: its owner had the account before', async () => {
    const person = await registerVerified()
    const { password } = person
    const pair = await openSession(person)
    const [second, third] = [newPerson().email, newPerson().email]
    const first = await changeTo(pair, { from: person.email, to: second, password })
    const ofSecond = await changeTo(pair, { from: second, to: third, password })
    expect((await undo(ofSecond)).status).toBe(204)
    expect((await undo(first)).status).toBe(204)
    expect((await post('/password-resets', { email: person.email })).status).toBe(202)
    expect(await tokenFor(person.email, 'password_reset')).not.toBe('')
  })

  test('whoever changed it twice can’t undo the undoing', async () => {
    const person = await register()
    const { password } = person
    const thief = await openSession(person)
    const [first, second] = [newPerson().email, newPerson().email]
    const ofOwner = await changeTo(thief, { from: person.email, to: first, password })
    const ofThief = await changeTo(thief, { from: first, to: second, password })
    expect((await undo(ofOwner)).status).toBe(204)
    expect((await undo(ofThief)).status).toBe(400)
    expect(await tokenFor(person.email, 'email_change_undone')).not.toBe('')
  })

  test('a reset that the new address asked for is void after the undoing', async () => {
    const person = await register()
    const thief = await openSession(person)
    const stolen = newPerson().email
    const token = await changeTo(thief, { from: person.email, to: stolen, password: person.password })
    await post('/password-resets', { email: stolen })
    const ofThief = await tokenFor(stolen, 'password_reset')
    expect((await undo(token)).status).toBe(204)
    const late = await post('/password-resets/confirm', { token: ofThief, new_password: 'the thief’s words' })
    expect(late.status).toBe(400)
  })

  test.each([
    ['just before its 72 hours are over', -2000, 204],
    ['at their end', 0, 400],
  ])('%s (row 41)', async (_, offset, status) => {
    const person = await register()
    const pair = await openSession(person)
    const token = await changeTo(pair, {
      from: person.email,
      to: newPerson().email,
      password: person.password,
    })
    later(3 * 86_400_000 + offset)
    expect((await undo(token)).status).toBe(status)
  })
})
