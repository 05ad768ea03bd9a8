import { describe, expect, test } from 'vitest'
import { createTestApp, payloadOf, type TokenPair } from '../support/test-app.ts'
import { withBetween } from '../support/with-between.ts'

const app = await createTestApp()
const { post, as, me, register, openSession } = app

const works = async (pair: TokenPair) => (await me(pair.access_token)).status === 200
const changePassword = (pair: TokenPair, current: string) =>
  as(pair).post('/users/me/password', { current_password: current, new_password: 'another good one' })

describe('a request whose session ends after its guard let it through', () => {
  const acts: [string, (slow: typeof app, pair: TokenPair, password: string) => Promise<Response>][] = [
    [
      'signing out everywhere else',
      (slow, pair) => slow.as(pair).delete('/users/me/sessions?keep_current=true'),
    ],
    ['signing out everywhere', (slow, pair) => slow.as(pair).delete('/users/me/sessions')],
    [
      'changing the password',
      (slow, pair, password) =>
        slow.as(pair).post('/users/me/password', {
          current_password: password,
          new_password: 'stolen account',
        }),
    ],
    ['changing the profile', (slow, pair) => slow.as(pair).patch('/users/me', { full_name: 'Revived' })],
    ['deleting the account', (slow, pair, password) => slow.as(pair).delete('/users/me', { password })],
  ]

  test.each(acts)('%s: is refused, revives nothing and ends nobody’s session', async (_, act) => {
    const person = await register()
    const [thief, owner] = [await openSession(person), await openSession(person)]
    const slow = await withBetween(app, () => post('/logout', { refresh_token: thief.refresh_token }))
    expect((await act(slow, thief, person.password)).status).toBe(401)
    expect([await works(thief), await works(owner)]).toEqual([false, true])
    await openSession(person)
  })

  test('ending one session: is refused, and ends nobody’s session', async () => {
    const person = await register()
    const [thief, owner] = [await openSession(person), await openSession(person)]
    const slow = await withBetween(app, () => post('/logout', { refresh_token: thief.refresh_token }))
    const path = `/users/me/sessions/${payloadOf(owner.access_token)['sid']}`
    expect((await slow.as(thief).delete(path)).status).toBe(401)
    expect([await works(thief), await works(owner)]).toEqual([false, true])
  })

  test('signing out everywhere else after a new password: the owner stays, the thief does not', async () => {
    const person = await register()
    const [thief, owner] = [await openSession(person), await openSession(person)]
    let changed = owner
    const slow = await withBetween(app, async () => {
      changed = (await (await changePassword(owner, person.password)).json()) as TokenPair
    })
    const response = await slow.as(thief).delete('/users/me/sessions?keep_current=true')
    expect(response.status).toBe(401)
    expect([await works(thief), await works(changed)]).toEqual([false, true])
    expect((await post('/refresh', { refresh_token: thief.refresh_token })).status).toBe(401)
  })
})

describe('a session that keeps itself while it is used', () => {
  const keep = (pair: TokenPair) => as(pair).delete('/users/me/sessions?keep_current=true')
  const rounds = Array.from({ length: 10 }, (_, round) => round + 1)

  test.each(rounds)(
    'is not logged out by signing out everywhere else that races its refresh, round %i',
    async () => {
      const pair = await openSession(await register())
      const [kept, ...refreshed] = await Promise.all([
        keep(pair),
        ...Array.from({ length: 6 }, () => post('/refresh', { refresh_token: pair.refresh_token })),
      ])
      expect(kept.status).toBe(204)
      expect(refreshed.map(({ status }) => status)).toEqual(Array(6).fill(200))
      expect(await works(pair)).toBe(true)
    },
  )

  test.each(rounds)('stays signed out when signing out races that, round %i', async () => {
    const pair = await openSession(await register())
    const [kept, out] = await Promise.all([
      keep(pair),
      post('/logout', { refresh_token: pair.refresh_token }),
    ])
    expect([204, 401]).toContain(kept.status)
    expect(out.status).toBe(204)
    expect(await works(pair)).toBe(false)
    expect((await post('/refresh', { refresh_token: pair.refresh_token })).status).toBe(401)
  })
})
