import { describe, expect, test } from 'vitest'
import { createTestApp, createTestDatabase, newPerson } from '../support/test-app.ts'

const app = await createTestApp()
const { post, register, openSession, as, me, mailbox, database, clock } = app

const later = (seconds: number) => {
  clock.now = new Date(clock.now.getTime() + seconds * 1000)
}
/** The notices to an address: all but those that registering sends. */
const noticesTo = async (email: string) =>
  (await mailbox(email)).filter(({ kind }) => kind !== 'email_verification').map(({ kind }) => kind)
const cookieOf = (response: Response) => (response.headers.get('Set-Cookie') ?? '').split(';')[0] ?? ''

describe('the owner is told of a sign-in from a new browser', () => {
  test('not of the first, not from the same one, and of another one', async () => {
    const { email, password } = await register()
    const signIn = (headers: Record<string, string>) => post('/login', { email, password }, headers)
    const first = await signIn({ 'User-Agent': 'Firefox' })
    await signIn({ 'User-Agent': 'Firefox' })
    expect(await noticesTo(email)).toEqual([])
    // It was updated, but it has the cookie.
    await signIn({ 'User-Agent': 'Firefox 2', Cookie: cookieOf(first) })
    expect(await noticesTo(email)).toEqual([])
    await signIn({ 'User-Agent': 'curl' })
    expect(await noticesTo(email)).toEqual(['new_device'])
    await signIn({ 'User-Agent': 'curl' })
    expect(await noticesTo(email)).toEqual(['new_device'])
  })

  test('three times a day at most while nobody has proven the address, however many there are', async () => {
    const { email, password } = await register()
    for (let number = 0; number < 6; number++) {
      await post('/login', { email, password }, { 'User-Agent': `script ${number}` })
    }
    expect(await noticesTo(email)).toEqual(['new_device', 'new_device', 'new_device'])
    later(86_400)
    await post('/login', { email, password }, { 'User-Agent': 'a day later' })
    expect(await noticesTo(email)).toHaveLength(4)
  })

  test('once the address is proven, after three that a thief caused, too', async () => {
    const { email, password } = await register()
    const [welcome] = await mailbox(email)
    expect((await post('/email-verifications/confirm', { token: welcome?.token })).status).toBe(204)
    for (let number = 0; number < 6; number++) {
      await post('/login', { email, password }, { 'User-Agent': `browser ${number}` })
    }
    expect(await noticesTo(email)).toEqual(Array(5).fill('new_device'))
  })

  test('after a long absence too, when no session is kept any more', async () => {
    const { id, email, password } = await register()
    await post('/login', { email, password })
    await database.sql('delete from sessions where user_id = $1', [String(id)])
    await post('/login', { email, password }, { 'User-Agent': 'another' })
    expect(await noticesTo(email)).toEqual(['new_device'])
  })

  test('a failed sign-in tells nobody', async () => {
    const { email, password } = await register()
    await post('/login', { email, password })
    await post('/login', { email, password: 'not the password' }, { 'User-Agent': 'other' })
    expect(await noticesTo(email)).toEqual([])
  })
})

test('a session that a replayed token ended', async () => {
  const person = await register()
  const first = await openSession(person)
  const second = (await (await post('/refresh', { refresh_token: first.refresh_token })).json()) as {
    refresh_token: string
  }
  later(20)
  await post('/refresh', { refresh_token: second.refresh_token })
  later(200)
  expect((await post('/refresh', { refresh_token: first.refresh_token })).status).toBe(401)
  expect((await post('/refresh', { refresh_token: first.refresh_token })).status).toBe(401)
  expect(await noticesTo(person.email)).toEqual(['session_replayed'])
})

test('nobody fills a stranger’s mailbox by an account with their address: three notices of a kind a day', async () => {
  const person = await register()
  let password = person.password
  for (let time = 0; time < 6; time++) {
    const pair = await openSession({ email: person.email, password })
    const body = { current_password: password, new_password: `quite another staple ${time}` }
    expect((await as(pair).post('/users/me/password', body)).status).toBe(200)
    password = body.new_password
  }
  expect(await noticesTo(person.email)).toEqual(Array(3).fill('password_changed'))
  // The account is deleted and made again.
  for (let time = 0; time < 4; time++) {
    const pair = await openSession({ email: person.email, password })
    expect((await as(pair).delete('/users/me', { password })).status).toBe(204)
    await register({ email: person.email, username: person.username, password })
  }
  const kinds = await noticesTo(person.email)
  for (const kind of new Set(kinds))
    expect([kind, kinds.filter((each) => each === kind).length]).toEqual([kind, 3])
  // Registering has limits of its own, and no account can do without this one.
  const links = (await mailbox(person.email)).filter(({ kind }) => kind === 'email_verification')
  expect(links).toHaveLength(5)
})

test('a password that was changed', async () => {
  const person = await register()
  const pair = await openSession(person)
  await as(pair).post('/users/me/password', {
    current_password: person.password,
    new_password: 'quite another staple',
  })
  expect(await noticesTo(person.email)).toEqual(['password_changed'])
})

test('an account that wrong passwords locked: once', async () => {
  const person = await register()
  await database.sql(`update users set consecutive_failures = 98, last_failed_at = $2 where id = $1`, [
    String(person.id),
    clock.now.toISOString(),
  ])
  const guess = () => post('/login', { email: person.email, password: 'not the password' })
  await guess()
  expect(await noticesTo(person.email)).toEqual([])
  for (let attempt = 0; attempt < 4; attempt++) await guess()
  expect(await noticesTo(person.email)).toEqual(['account_locked'])
})

test('an account that its owner deleted', async () => {
  const person = await register()
  const pair = await openSession(person)
  expect((await as(pair).delete('/users/me', { password: person.password })).status).toBe(204)
  expect(await noticesTo(person.email)).toEqual(['account_deleted'])
})

test('an account that an administrator disabled, once, or deleted: without the administrator', async () => {
  const { openAdmin } = await administrator()
  const admin = await openAdmin()
  const [disabled, deleted] = [await register(), await register()]
  for (let time = 0; time < 2; time++) {
    await as(admin).patch(`/users/${disabled.id}`, { status: 'disabled' })
  }
  await as(admin).delete(`/users/${deleted.id}`)
  expect(await noticesTo(disabled.email)).toEqual(['account_disabled'])
  expect(await noticesTo(deleted.email)).toEqual(['account_deleted'])
  const texts = [...(await mailbox(disabled.email)), ...(await mailbox(deleted.email))]
    .filter(({ kind }) => kind.startsWith('account_'))
    .map(({ text }) => text)
  for (const text of texts) expect(text).not.toContain('203.0.113.7')
})

test('without mail nothing is stored, and what needs it says so', async () => {
  const silent = await createTestApp({
    database: await createTestDatabase(),
    variables: { MAIL_URL: 'off' },
  })
  const person = await silent.register()
  const pair = await silent.openSession(person)
  await silent.post('/login', person, { 'User-Agent': 'other' })
  expect(await silent.database.sql('select from outbox')).toEqual([])
  for (const response of [
    await silent.post('/password-resets', { email: person.email }),
    await silent.as(pair).post('/email-verifications'),
    await silent
      .as(pair)
      .post('/users/me/email', { new_email: newPerson().email, password: person.password }),
    await silent.request('/dev/mail'),
  ]) {
    expect(response.status).toBe(404)
  }
  expect((await me(pair.access_token)).status).toBe(401)
})

async function administrator() {
  const person = await register()
  await database.sql(`insert into user_roles (user_id, role_name) values ($1, 'admin')`, [String(person.id)])
  return { openAdmin: () => openSession(person) }
}
