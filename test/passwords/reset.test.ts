import { describe, expect, test } from 'vitest'
import { makeOneTimeToken } from '../../src/crypto/one-time-token.ts'
import { createTestApp, createTestDatabase, DEFAULT_LIMITS, newPerson } from '../support/test-app.ts'

const setUp = await createTestApp()
const { post, register, openSession, me, mailbox, database, hasher, clock, deps } = setUp

const NEW = 'a quite different staple'
const HOUR = 3_600_000

const forget = (email: string) => post('/password-resets', { email })
const confirm = (token: string, newPassword = NEW) =>
  post('/password-resets/confirm', { token, new_password: newPassword })
/** The token of the newest mail to a person that lets them choose a new password. */
async function resetToken(email: string): Promise<string> {
  const mails = await mailbox(email)
  return mails.findLast(({ kind }) => kind === 'password_reset')?.token ?? ''
}
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const signIn = async ({ email, password }: { email: string; password: string }) =>
  (await post('/login', { email, password })).status

describe('a password is reset by mail', () => {
  test('forgotten, mailed, chosen anew: the old password and every session are dead, and nobody is signed in (row 44)', async () => {
    const person = await register()
    const session = await openSession(person)
    const asked = await forget(person.email.toUpperCase())
    expect(asked.status).toBe(202)
    expect(await asked.json()).toEqual({ status: 'accepted' })
    const mail = (await mailbox(person.email)).find(({ kind }) => kind === 'password_reset')
    expect(mail?.to).toBe(person.email)
    expect(mail?.text).toContain('http://localhost:3000/account/reset-password#token=')

    await database.roundTrips()
    hasher.count = 0
    const done = await confirm(mail?.token ?? '')
    expect(done.status).toBe(204)
    expect(hasher.count).toBe(1)
    expect(await database.roundTrips()).toHaveLength(1)
    expect((await me(session.access_token)).status).toBe(401)
    expect((await post('/refresh', { refresh_token: session.refresh_token })).status).toBe(401)
    expect(await signIn(person)).toBe(401)
    expect(await signIn({ ...person, password: NEW })).toBe(200)
    expect(done.headers.get('Set-Cookie')).not.toMatch(/access|refresh/)
    const kinds = (await mailbox(person.email)).map(({ kind }) => kind)
    expect(kinds.sort()).toEqual(['email_verification', 'password_changed', 'password_reset'])
  })

  test('the address counts as verified then, and the events say all of it', async () => {
    const person = await register()
    await forget(person.email)
    await confirm(await resetToken(person.email))
    const session = await openSession({ ...person, password: NEW })
    expect(await (await me(session.access_token)).json()).toMatchObject({ email_verified: true })
    const events = await database.sql('select type from audit_events where user_id = $1 order by id', [
      String(person.id),
    ])
    expect(events.map(({ type }) => type)).toEqual([
      'registered',
      'password_reset_requested',
      'password_reset',
      'email_verified',
      'signed_in',
    ])
  })

  test('a link works once (row 42)', async () => {
    const person = await register()
    await forget(person.email)
    const token = await resetToken(person.email)
    expect((await confirm(token)).status).toBe(204)
    const again = await confirm(token, 'yet another staple here')
    expect([again.status, await codeOf(again)]).toEqual([400, 'invalid_or_expired_code'])
    expect(await signIn({ ...person, password: NEW })).toBe(200)
  })

  test('a newer link ends the older ones, and its use ends all (row 43)', async () => {
    const person = await register()
    await forget(person.email)
    const older = await resetToken(person.email)
    clock.now = new Date(clock.now.getTime() + 1000)
    await forget(person.email)
    const newer = await resetToken(person.email)
    expect(newer).not.toBe(older)
    expect((await confirm(older)).status).toBe(400)
    expect((await confirm(newer)).status).toBe(204)
    expect((await confirm(older)).status).toBe(400)
  })

  test('a link dies with the next change of the password (row 43)', async () => {
    const person = await register()
    const { access_token } = await openSession(person)
    await forget(person.email)
    const token = await resetToken(person.email)
    const changed = await setUp.as(access_token).post('/users/me/password', {
      current_password: person.password,
      new_password: 'the third staple of all',
    })
    expect(changed.status).toBe(200)
    expect((await confirm(token)).status).toBe(400)
    expect(await signIn({ ...person, password: 'the third staple of all' })).toBe(200)
  })

  test.each([
    ['just before its hour is over', HOUR - 1000, 204],
    ['at its end', HOUR, 400],
  ])('%s (row 41)', async (_, later, status) => {
    const person = await register()
    await forget(person.email)
    const token = await resetToken(person.email)
    clock.now = new Date(clock.now.getTime() + later)
    expect((await confirm(token)).status).toBe(status)
  })
})

describe('nothing else opens an account', () => {
  test('a forged token costs no query and no hash', async () => {
    const person = await register()
    await forget(person.email)
    const token = await resetToken(person.email)
    const id = crypto.randomUUID()
    const expired = { purpose: 'password_reset', id, email: person.email, username: '' } as const
    const late = { ...expired, expiresAt: new Date(clock.now.getTime() - 1000) }
    const other = {
      ...expired,
      purpose: 'email_verification',
      expiresAt: new Date(clock.now.getTime() + HOUR),
    }
    await database.roundTrips()
    hasher.count = 0
    for (const forged of [
      'x',
      token.slice(0, -1),
      `${token}A`,
      token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      `C${token.slice(1)}`,
      await makeOneTimeToken(deps.oneTimeTokenKeys, late),
      await makeOneTimeToken(deps.oneTimeTokenKeys, other as never),
      await makeOneTimeToken(deps.refreshKeys, {
        ...expired,
        expiresAt: new Date(clock.now.getTime() + HOUR),
      }),
    ]) {
      const response = await confirm(forged)
      expect([response.status, await codeOf(response)]).toEqual([400, 'invalid_or_expired_code'])
    }
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
    expect(await signIn(person)).toBe(200)
  })

  test('a verification link resets nothing, a reset link verifies nothing (row 13)', async () => {
    const person = await register()
    const [welcome] = await mailbox(person.email)
    expect(welcome?.kind).toBe('email_verification')
    expect((await confirm(welcome?.token ?? '')).status).toBe(400)
    await forget(person.email)
    const token = await resetToken(person.email)
    for (const path of ['confirm', 'reject', 'undo']) {
      expect((await post(`/email-verifications/${path}`, { token })).status).toBe(400)
    }
    expect(await signIn(person)).toBe(200)
  })

  test.each([
    [{ new_password: 'short' }, 422, 'validation_failed'],
    [{ new_password: 'password123' }, 422, 'weak_password'],
    [{}, 422, 'validation_failed'],
  ])('a weak password uses the link up as little as none: %j', async (body, status, code) => {
    const person = await register()
    await forget(person.email)
    const token = await resetToken(person.email)
    const response = await post('/password-resets/confirm', { token, ...body })
    expect([response.status, await codeOf(response)]).toEqual([status, code])
    expect((await confirm(token)).status).toBe(204)
  })

  test('a password like the account’s own names is refused, without a query', async () => {
    const person = await register({ username: 'margaret', email: 'hamilton@example.com' })
    await forget(person.email)
    const token = await resetToken(person.email)
    await database.roundTrips()
    for (const weak of ['margaret1!', 'hamilton@example.com', 'xhamilton-7']) {
      expect(await codeOf(await confirm(token, weak))).toBe('weak_password')
    }
    expect(await database.roundTrips()).toEqual([])
  })

  test('a disabled account gets no mail, and an old link does not open it', async () => {
    const person = await register()
    await forget(person.email)
    const token = await resetToken(person.email)
    await database.sql(`update users set disabled_at = now() where id = $1`, [String(person.id)])
    expect((await confirm(token)).status).toBe(400)
    const before = (await mailbox(person.email)).length
    expect((await forget(person.email)).status).toBe(202)
    expect((await mailbox(person.email)).length).toBe(before)
  })
})

describe('nobody learns whether there is an account (row 57)', () => {
  test('known and unknown addresses get the same answer from the same statement', async () => {
    const { email } = await register()
    const ask = async (address: string) => {
      await database.roundTrips()
      hasher.count = 0
      const response = await forget(address)
      const headers = [...response.headers].filter(([name]) => name !== 'x-request-id')
      return {
        status: response.status,
        headers,
        body: await response.text(),
        statements: await database.roundTrips(),
        hashes: hasher.count,
      }
    }
    const known = await ask(email)
    expect(known.statements).toHaveLength(1)
    expect(await ask(newPerson().email)).toEqual(known)
    expect(known.hashes).toBe(0)
  })

  test('the answer takes a multiple of 100 ms for every address, and no header says how long the database took', async () => {
    const slept: number[] = []
    const app = await createTestApp({
      database: await createTestDatabase(),
      deps: {
        stopwatch: () => 0,
        sleep: async (milliseconds) => void slept.push(milliseconds),
      },
    })
    const { email } = await app.register()
    for (const address of [email, newPerson().email]) {
      const response = await app.post('/password-resets', { email: address })
      expect(response.headers.get('Server-Timing')).toBe('db;desc="1 round trips"')
    }
    expect(slept).toEqual([100, 100])
  })

  test.each([
    [130.4, 70],
    [139.9, 61],
    [200, 100],
  ])('a database that takes %d ms gets an answer after the next multiple of 100 ms', async (taken, wait) => {
    const slept: number[] = []
    let meter = { roundTrips: 0, milliseconds: 0 }
    const app = await createTestApp({
      database: await createTestDatabase(),
      deps: ({ connect }) => ({
        connect(own) {
          meter = own
          return connect(own)
        },
        stopwatch: () => meter.roundTrips * taken,
        sleep: async (milliseconds) => void slept.push(milliseconds),
      }),
    })
    expect((await app.post('/password-resets', { email: newPerson().email })).status).toBe(202)
    expect(slept).toEqual([wait])
  })

  test('the limits are the same too: three mails an hour, known or not', async () => {
    const {
      post: ask,
      register: join,
      mailbox: box,
    } = await createTestApp({
      variables: DEFAULT_LIMITS,
      database: await createTestDatabase(),
    })
    const { email } = await join()
    for (const address of [email, newPerson().email]) {
      const answers = []
      for (let attempt = 0; attempt < 4; attempt++) {
        const response = await ask('/password-resets', { email: address })
        answers.push([response.status, response.headers.get('Retry-After')])
      }
      expect(answers).toEqual([
        [202, null],
        [202, null],
        [202, null],
        [429, '1200'],
      ])
    }
    expect((await box(email)).filter(({ kind }) => kind === 'password_reset')).toHaveLength(3)
  })
})

test('one client asks for ten addresses an hour, whoever they are', async () => {
  const app = await createTestApp({ variables: DEFAULT_LIMITS, database: await createTestDatabase() })
  const statuses = []
  for (let number = 0; number < 11; number++) {
    statuses.push((await app.post('/password-resets', { email: newPerson().email })).status)
  }
  expect(statuses).toEqual([...Array(10).fill(202), 429])
})

describe('an owner can always get back in', () => {
  test('a reset opens an account that a hundred wrong passwords locked', async () => {
    const person = await register()
    await database.sql(`update users set consecutive_failures = 100, last_failed_at = $2 where id = $1`, [
      String(person.id),
      clock.now.toISOString(),
    ])
    expect(await signIn(person)).toBe(401)
    await forget(person.email)
    await confirm(await resetToken(person.email))
    expect(await signIn({ ...person, password: NEW })).toBe(200)
  })

  test('while others guess, the link opens a way in past the limit of the account (row 111)', async () => {
    const app = await createTestApp({
      variables: { ...DEFAULT_LIMITS, LIMIT_SIGN_IN_ADDRESS: '10000/60' },
      database: await createTestDatabase(),
    })
    const person = await app.register()
    const guess = (password: string, headers: Record<string, string> = {}) =>
      app.post('/login', { email: person.email, password }, headers)
    for (let attempt = 0; attempt < 5; attempt++) await guess('a wrong password')
    expect((await guess(person.password)).status).toBe(429)
    await app.post('/password-resets', { email: person.email })
    const mails = await app.mailbox(person.email)
    const token = mails.find(({ kind }) => kind === 'password_reset')?.token ?? ''
    const done = await app.post('/password-resets/confirm', { token, new_password: NEW })
    expect(done.status).toBe(204)
    // A client without cookies finds the limit full again, once.
    expect((await guess(NEW)).status).toBe(200)
    for (let attempt = 0; attempt < 6; attempt++) await guess('a wrong password')
    expect((await guess(NEW)).status).toBe(429)
    // A browser has a limit of its own from then on.
    const cookie = (done.headers.get('Set-Cookie') ?? '').split(';')[0] ?? ''
    expect(cookie).toContain('device')
    expect((await guess(NEW, { Cookie: cookie })).status).toBe(200)
  })
})
