import { describe, expect, test } from 'vitest'
import { createTestApp } from '../support/test-app.ts'

const { post, request, register, openSession, as, me, mailbox, database, hasher, clock } =
  await createTestApp()

const confirm = (token: string) => post('/email-verifications/confirm', { token })
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const welcomeOf = async (email: string) =>
  (await mailbox(email)).find(({ kind }) => kind === 'email_verification')
const DAY = 86_400_000

describe('an address is verified by the mail that registering sends', () => {
  test('registered, mailed, confirmed: one round trip, and nothing is voided', async () => {
    const person = await register()
    const session = await openSession(person)
    const welcome = await welcomeOf(person.email)
    expect(welcome?.to).toBe(person.email)
    expect(welcome?.text).toContain(person.username)
    expect(welcome?.text).toContain('http://localhost:3000/account/verify-email#token=')
    expect(welcome?.text).toContain('http://localhost:3000/account/reject-registration#token=')
    expect(await (await me(session.access_token)).json()).toMatchObject({ email_verified: false })
    await database.roundTrips()
    hasher.count = 0
    expect((await confirm(welcome?.token ?? '')).status).toBe(204)
    expect(await database.roundTrips()).toHaveLength(1)
    expect(hasher.count).toBe(0)
    expect(await (await me(session.access_token)).json()).toMatchObject({ email_verified: true })
    expect((await post('/login', { email: person.email, password: person.password })).status).toBe(200)
  })

  test('a mail scanner that opens the link uses nothing up (row 45)', async () => {
    const { email } = await register()
    const token = (await welcomeOf(email))?.token ?? ''
    for (const method of ['GET', 'HEAD']) {
      const response = await request(`/email-verifications/confirm?token=${token}`, { method })
      expect(response.status).toBe(405)
    }
    expect((await confirm(token)).status).toBe(204)
  })

  test('a link works once, and until its day is over', async () => {
    const [first, second, third] = [await register(), await register(), await register()]
    const tokens = []
    for (const { email } of [first, second, third]) tokens.push((await welcomeOf(email))?.token ?? '')
    expect((await confirm(tokens[0] ?? '')).status).toBe(204)
    expect(await codeOf(await confirm(tokens[0] ?? ''))).toBe('invalid_or_expired_code')
    clock.now = new Date(clock.now.getTime() + DAY - 1000)
    expect((await confirm(tokens[1] ?? '')).status).toBe(204)
    clock.now = new Date(clock.now.getTime() + 1000)
    expect((await confirm(tokens[2] ?? '')).status).toBe(400)
  })

  test('a signed-in user asks for another one; 204 and no mail once it is verified', async () => {
    const person = await register()
    const session = as(await openSession(person))
    const older = (await welcomeOf(person.email))?.token ?? ''
    clock.now = new Date(clock.now.getTime() + 1000)
    const asked = await session.post('/email-verifications')
    expect([asked.status, await asked.json()]).toEqual([202, { status: 'accepted' }])
    const mails = (await mailbox(person.email)).filter(({ kind }) => kind === 'email_verification')
    expect(mails).toHaveLength(2)
    expect((await confirm(older)).status).toBe(400)
    expect((await confirm(mails.at(-1)?.token ?? '')).status).toBe(204)
    expect((await session.post('/email-verifications')).status).toBe(204)
    expect(await mailbox(person.email)).toHaveLength(2)
    expect((await post('/email-verifications', {})).status).toBe(401)
  })

  test('a link to an address that the account no longer has verifies nothing', async () => {
    const person = await register()
    const token = (await welcomeOf(person.email))?.token ?? ''
    await database.sql(`update users set email = 'moved@example.com' where id = $1`, [String(person.id)])
    expect((await confirm(token)).status).toBe(400)
  })

  test('whatever a request says about its host, links lead to APP_URL (row 47)', async () => {
    for (const headers of [
      { Host: 'evil.example' },
      { 'X-Forwarded-Host': 'evil.example' },
      { Forwarded: 'host=evil.example;proto=http' },
      { 'X-Forwarded-Server': 'evil.example', Origin: 'http://localhost:3000' },
    ] as Record<string, string>[]) {
      const { email } = await register()
      await post('/password-resets', { email }, headers)
      for (const { text, html } of await mailbox(email)) {
        expect(text + html).not.toContain('evil')
        expect(text).toContain('http://localhost:3000/account/')
      }
    }
  })

  test('the language is that of the request, and stays with the mail', async () => {
    const { email } = await register()
    await post('/password-resets', { email }, { 'Accept-Language': 'de-AT,de;q=0.9,en;q=0.5' })
    const reset = (await mailbox(email)).find(({ kind }) => kind === 'password_reset')
    expect(reset?.html).toContain('lang="de"')
    expect(reset?.subject).toMatch(/Passwort/)
  })
})
