import { expect, test } from 'vitest'
import { createTestApp } from '../support/test-app.ts'

const { post, register, openSession, me, mailbox, database } = await createTestApp()

const reject = (token: string) => post('/email-verifications/reject', { token })
const tokenFor = async (email: string) =>
  (await mailbox(email)).find(({ kind }) => kind === 'email_verification')?.token ?? ''

test('the owner of an address deletes the account that a stranger made with it (row 46)', async () => {
  const stranger = await register()
  const session = await openSession(stranger)
  expect((await reject(await tokenFor(stranger.email))).status).toBe(204)
  expect((await me(session.access_token)).status).toBe(401)
  const { email, password } = stranger
  expect((await post('/login', { email, password })).status).toBe(401)
  // The address is free: its owner registers, with everything else as the stranger had it.
  const { id: _, ...profile } = stranger
  const owner = await register({ ...profile, password: 'the owner’s own words' })
  expect(owner.id).not.toBe(stranger.id)
  const events = await database.sql(`select type from audit_events where user_id = $1`, [String(stranger.id)])
  expect(events.at(-1)).toEqual({ type: 'registration_rejected' })
})

test('an account whose address was verified stays, and so does the link’s effect', async () => {
  const person = await register()
  const token = await tokenFor(person.email)
  await post('/email-verifications/confirm', { token })
  expect((await reject(token)).status).toBe(400)
  expect((await openSession(person)).access_token).toBeTruthy()
})

test('an account that somebody gave a role is known to them, and stays', async () => {
  const admin = await register()
  await database.sql(
    `insert into user_roles (user_id, role_name) values ($1, 'admin') on conflict do nothing`,
    [String(admin.id)],
  )
  expect((await reject(await tokenFor(admin.email))).status).toBe(400)
  expect((await openSession(admin)).access_token).toBeTruthy()
})

test('it works once, and a forged token costs no query', async () => {
  const person = await register()
  const token = await tokenFor(person.email)
  expect((await reject(token)).status).toBe(204)
  expect((await reject(token)).status).toBe(400)
  await database.roundTrips()
  expect((await reject(`${token}A`)).status).toBe(400)
  expect(await database.roundTrips()).toEqual([])
})
