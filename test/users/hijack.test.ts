import { expect, test } from 'vitest'
import { createTestApp, newPerson } from '../support/test-app.ts'

const { post, register, openSession, as, me, mailbox } = await createTestApp()

/** A stranger registers with the address of somebody else, and settles in. */
async function hijack() {
  const stranger = await register()
  const pair = await openSession(stranger)
  await as(pair).patch('/users/me', { user_metadata: { plan: 'chosen by the stranger' } })
  const elsewhere = newPerson().email
  await as(pair).post('/users/me/email', { new_email: elsewhere, password: stranger.password })
  const pending = (await mailbox(elsewhere))[0]?.token
  return { stranger, pair, pending, email: stranger.email }
}

async function reset(email: string) {
  await post('/password-resets', { email })
  const token = (await mailbox(email)).find(({ kind }) => kind === 'password_reset')?.token
  return await post('/password-resets/confirm', { token, new_password: 'the true owner’s words' })
}

test('the true owner resets: the stranger’s password, sessions, metadata and pending change are gone (row 46)', async () => {
  const { stranger, pair, pending, email } = await hijack()
  expect((await reset(email)).status).toBe(204)
  expect((await me(pair.access_token)).status).toBe(401)
  expect((await post('/login', { email, password: stranger.password })).status).toBe(401)
  expect((await post('/email-verifications/confirm', { token: pending })).status).toBe(400)
  const owner = await openSession({ email, password: 'the true owner’s words' })
  const user = await (await me(owner.access_token)).json()
  expect(user).toMatchObject({ email, email_verified: true, user_metadata: {} })
})

test('once the address is verified, a reset keeps what its owner stored', async () => {
  const person = await register()
  const token = (await mailbox(person.email))[0]?.token
  await post('/email-verifications/confirm', { token })
  const pair = await openSession(person)
  await as(pair).patch('/users/me', { user_metadata: { theme: 'dark' } })
  await reset(person.email)
  const owner = await openSession({ email: person.email, password: 'the true owner’s words' })
  expect(await (await me(owner.access_token)).json()).toMatchObject({ user_metadata: { theme: 'dark' } })
})

test('verifying by itself voids nothing', async () => {
  const { stranger, pair, email } = await hijack()
  const token = (await mailbox(email)).find(({ kind }) => kind === 'email_verification')?.token
  expect((await post('/email-verifications/confirm', { token })).status).toBe(204)
  expect(await (await me(pair.access_token)).json()).toMatchObject({
    user_metadata: { plan: 'chosen by the stranger' },
  })
  expect((await post('/login', { email, password: stranger.password })).status).toBe(200)
})
