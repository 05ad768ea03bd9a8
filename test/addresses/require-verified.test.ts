import { describe, expect, test } from 'vitest'
import { createTestApp, createTestDatabase, DEFAULT_LIMITS } from '../support/test-app.ts'

const variables = { REQUIRE_VERIFIED_EMAIL: 'sign-in' }
const { post, register, mailbox, database, hasher, clock, as } = await createTestApp({ variables })

const signIn = ({ email, password }: { email: string; password: string }) =>
  post('/login', { email, password })
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const verifications = async (email: string) =>
  (await mailbox(email)).filter(({ kind }) => kind === 'email_verification')

describe('REQUIRE_VERIFIED_EMAIL=sign-in', () => {
  test('the right password opens nothing before the link in the mail is used, and sends a new one', async () => {
    const person = await register()
    const refused = await signIn(person)
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'email_not_verified'])
    expect(refused.headers.get('Set-Cookie')).toBeNull()
    expect(await database.sql('select from sessions where user_id = $1', [String(person.id)])).toEqual([])
    const mails = await verifications(person.email)
    expect(mails).toHaveLength(2)
    clock.now = new Date(clock.now.getTime() + 1000)
    await signIn(person)
    const newest = (await verifications(person.email)).at(-1)
    expect((await post('/email-verifications/confirm', { token: newest?.token })).status).toBe(204)
    expect((await signIn(person)).status).toBe(200)
  })

  test('a wrong password and an unknown account say nothing of it: the same two statements', async () => {
    const person = await register()
    const shape = async (attempt: { email: string; password: string }) => {
      await database.roundTrips()
      hasher.count = 0
      const response = await signIn(attempt)
      return { code: await codeOf(response), statements: await database.roundTrips(), hashes: hasher.count }
    }
    const right = await shape(person)
    const wrong = await shape({ ...person, password: 'not the password' })
    const unknown = await shape({ ...person, email: 'nobody@example.com' })
    expect(wrong).toEqual(unknown)
    expect([right.code, wrong.code]).toEqual(['email_not_verified', 'invalid_credentials'])
    expect(right.statements).toEqual(wrong.statements)
    expect([right.hashes, wrong.hashes]).toEqual([1, 1])
  })

  test('the mails are limited; the refusal is the same without one', async () => {
    const app = await createTestApp({
      database: await createTestDatabase(),
      variables: { ...variables, ...DEFAULT_LIMITS },
    })
    const { email, password } = await app.register()
    for (let attempt = 0; attempt < 6; attempt++) {
      const refused = (await (await app.post('/login', { email, password })).json()) as Record<string, string>
      expect(refused['code']).toBe('email_not_verified')
      // Only if it is true.
      expect(refused['detail']?.includes('on its way')).toBe(attempt < 3)
    }
    expect(await app.mailbox(email)).toHaveLength(4)
  })

  test('registering can’t sign in at the same time, and then creates nothing', async () => {
    const person = {
      username: 'eager',
      email: 'eager@example.com',
      full_name: 'E',
      password: 'correct horse x',
    }
    const refused = await post('/users?sign_in=true', person)
    expect(refused.status).toBe(422)
    expect(await mailbox(person.email)).toEqual([])
    expect((await post('/users', person)).status).toBe(201)
  })

  test('who reset the password by mail has proven the address', async () => {
    const person = await register()
    await post('/password-resets', { email: person.email })
    const token = (await mailbox(person.email)).find(({ kind }) => kind === 'password_reset')?.token
    await post('/password-resets/confirm', { token, new_password: 'quite another staple' })
    const signedIn = await signIn({ ...person, password: 'quite another staple' })
    expect(signedIn.status).toBe(200)
    const pair = (await signedIn.json()) as { access_token: string }
    expect((await as(pair).get('/users/me')).status).toBe(200)
  })
})
