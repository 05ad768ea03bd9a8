import { describe, expect, test } from 'vitest'
import { createTestApp, newPerson } from '../support/test-app.ts'

const { post, register, openSession, as, mailbox, database, clock } = await createTestApp()

const ROUNDS = Array.from({ length: 10 }, (_, index) => index + 1)
const AT_ONCE = 20

const tokensFor = async (email: string, wanted: string) =>
  (await mailbox(email)).filter(({ kind }) => kind === wanted).map(({ token }) => token)
const tally = (statuses: number[]) =>
  Object.fromEntries(
    Map.groupBy(statuses, String)
      .entries()
      .map(([status, { length }]) => [status, length]),
  )
const atOnce = async (send: (index: number) => Promise<Response>) =>
  tally(
    (await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => send(index)))).map(
      ({ status }) => status,
    ),
  )

describe.for(ROUNDS)('round %i', () => {
  test('twenty parallel uses of one link: one new password, and it is that of the success (row 42)', async () => {
    const person = await register()
    await post('/password-resets', { email: person.email })
    const [token] = await tokensFor(person.email, 'password_reset')
    const results = await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, index) => {
        const password = `staple of attempt ${index}`
        const { status } = await post('/password-resets/confirm', { token, new_password: password })
        return { status, password }
      }),
    )
    expect(tally(results.map(({ status }) => status))).toEqual({ 204: 1, 400: AT_ONCE - 1 })
    const winner = results.find(({ status }) => status === 204)
    await openSession({ email: person.email, password: winner?.password ?? '' })
    const [count] = await database.sql(
      `select count(*) from audit_events where user_id = $1 and type = 'password_reset'`,
      [String(person.id)],
    )
    expect(count).toEqual({ count: '1' })
  })

  test('two links asked for at the same moment: at most one opens the account (row 43)', async () => {
    const person = await register()
    await Promise.all([1, 2].map(() => post('/password-resets', { email: person.email })))
    const tokens = await tokensFor(person.email, 'password_reset')
    expect(tokens).toHaveLength(2)
    const used = tally(
      (
        await Promise.all(
          tokens.map((token, index) =>
            post('/password-resets/confirm', { token, new_password: `staple of link ${index}` }),
          ),
        )
      ).map(({ status }) => status),
    )
    expect(used).toEqual({ 204: 1, 400: 1 })
  })

  test('twenty parallel uses of a change, of a verification, of an undo: each once', async () => {
    const person = await register()
    const [welcome] = await tokensFor(person.email, 'email_verification')
    expect(await atOnce(() => post('/email-verifications/confirm', { token: welcome }))).toEqual({
      204: 1,
      400: AT_ONCE - 1,
    })
    const pair = await openSession(person)
    const { email } = newPerson()
    await as(pair).post('/users/me/email', { new_email: email, password: person.password })
    const [change] = await tokensFor(email, 'email_change')
    expect(await atOnce(() => post('/email-verifications/confirm', { token: change }))).toEqual({
      204: 1,
      400: AT_ONCE - 1,
    })
    const [undo] = await tokensFor(person.email, 'email_changed')
    expect(await atOnce(() => post('/email-verifications/undo', { token: undo }))).toEqual({
      204: 1,
      400: AT_ONCE - 1,
    })
    expect(await tokensFor(person.email, 'email_change_undone')).toHaveLength(1)
  })

  test('two accounts that change to one address, and somebody who registers with it: one gets it (row 77)', async () => {
    const wanted = newPerson()
    const pairs = await Promise.all(
      [1, 2].map(async () => {
        const person = await register()
        return { person, pair: await openSession(person) }
      }),
    )
    for (const { person, pair } of pairs) {
      await as(pair).post('/users/me/email', { new_email: wanted.email, password: person.password })
    }
    const tokens = await tokensFor(wanted.email, 'email_change')
    const responses = await Promise.all([
      ...tokens.map((token) => post('/email-verifications/confirm', { token })),
      post('/users', wanted),
    ])
    const statuses = responses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 204 || status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(2)
    expect(await database.sql('select from users where email = $1', [wanted.email])).toHaveLength(1)
  })

  test('a reset and an undo at once end in no deadlock, and at the old address', async () => {
    const person = await register()
    const pair = await openSession(person)
    const { email } = newPerson()
    await as(pair).post('/users/me/email', { new_email: email, password: person.password })
    const [change] = await tokensFor(email, 'email_change')
    await post('/email-verifications/confirm', { token: change })
    const [undo] = await tokensFor(person.email, 'email_changed')
    await post('/password-resets', { email })
    const [reset] = await tokensFor(email, 'password_reset')
    const responses = await Promise.all([
      post('/email-verifications/undo', { token: undo }),
      post('/password-resets/confirm', { token: reset, new_password: 'staple of the thief' }),
      post('/email-verifications/undo', { token: undo }),
    ])
    const statuses = responses.map(({ status }) => status)
    expect(statuses.every((status) => status === 204 || status === 400)).toBe(true)
    const [user] = await database.sql('select email, password_hash from users where id = $1', [
      String(person.id),
    ])
    expect(user).toEqual({ email: person.email, password_hash: null })
  })

  test('a confirmation and a rejection at once: the account is verified, or gone', async () => {
    const person = await register()
    const [token] = await tokensFor(person.email, 'email_verification')
    const [confirmed, rejected] = await Promise.all([
      post('/email-verifications/confirm', { token }),
      post('/email-verifications/reject', { token }),
    ])
    expect([confirmed.status, rejected.status].sort()).toEqual([204, 400])
    const rows = await database.sql('select email_verified_at from users where id = $1', [String(person.id)])
    expect(rows).toHaveLength(confirmed.status === 204 ? 1 : 0)
  })

  test('a reset and a change of the password at once: one password wins, and no session of before lives', async () => {
    const person = await register()
    const before = await openSession(person)
    await post('/password-resets', { email: person.email })
    clock.now = new Date(clock.now.getTime() + 1000)
    const [token] = await tokensFor(person.email, 'password_reset')
    const [reset, changed] = await Promise.all([
      post('/password-resets/confirm', { token, new_password: 'staple of the reset' }),
      as(before).post('/users/me/password', {
        current_password: person.password,
        new_password: 'staple of the change',
      }),
    ])
    expect([204, 400]).toContain(reset.status)
    expect([200, 401, 403]).toContain(changed.status)
    expect(reset.status === 204 || changed.status === 200).toBe(true)
    expect((await as(before).get('/users/me')).status).toBe(401)
  })
})
