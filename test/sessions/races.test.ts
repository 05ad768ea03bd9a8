import { describe, expect, test } from 'vitest'
import { createTestApp, payloadOf, type TokenPair } from '../support/test-app.ts'
import { whileLocked } from '../support/while-locked.ts'

const { post, as, me, register, openSession, database, clock } = await createTestApp()

const refresh = (token: string) => post('/refresh', { refresh_token: token })
const rounds = Array.from({ length: 10 }, (_, round) => round + 1)

test.each(rounds)(
  '40 parallel refreshes of one token: one rotation, 39 times the same token, one session (row 4), round %i',
  async () => {
    const person = await register()
    const pair = await openSession(person)
    const responses = await Promise.all(Array.from({ length: 40 }, () => refresh(pair.refresh_token)))
    expect(responses.map(({ status }) => status)).toEqual(Array(40).fill(200))
    const pairs = (await Promise.all(responses.map((response) => response.json()))) as TokenPair[]
    expect(new Set(pairs.map(({ refresh_token }) => refresh_token)).size).toBe(1)
    const sessions = await database.sql(
      'select generation, revoked_at, cardinality(replaced_at) as rotations from sessions where user_id = $1',
      [person.id],
    )
    expect(sessions).toEqual([{ generation: '1', revoked_at: null, rotations: '1' }])
    for (const { access_token } of pairs.slice(0, 3)) expect((await me(access_token)).status).toBe(200)
  },
)

type Person = Awaited<ReturnType<typeof register>>
const endings: [string, (pair: TokenPair, person: Person) => Promise<unknown>][] = [
  ['signing out', (pair) => post('/logout', { refresh_token: pair.refresh_token })],
  [
    'ending the session from the list',
    (pair) => as(pair).delete(`/users/me/sessions/${payloadOf(pair.access_token)['sid']}`),
  ],
  ['signing out everywhere', (pair) => as(pair).delete('/users/me/sessions')],
  ['deleting the account', (pair, { password }) => as(pair).delete('/users/me', { password })],
  [
    'disabling',
    (_, { id }) =>
      database.sql('update users set disabled_at = now(), auth_version = auth_version + 1 where id = $1', [
        id,
      ]),
  ],
]

describe.each(endings)('refreshing while %s', (_, end) => {
  test.each(rounds)('leaves nothing that works (row 6), round %i', async () => {
    const person = await register()
    const pair = await openSession(person)
    const attempts = [...Array.from({ length: 8 }, () => refresh(pair.refresh_token)), end(pair, person)]
    const results = await Promise.all(attempts)
    const issued = [pair]
    for (const response of results.slice(0, 8) as Response[]) {
      if (response.status === 200) issued.push((await response.json()) as TokenPair)
      else expect(response.status).toBe(401)
    }
    for (const { refresh_token, access_token } of issued) {
      expect((await me(access_token)).status).toBe(401)
      expect((await refresh(refresh_token)).status).toBe(401)
    }
  })
})

test.each(rounds)(
  'a password change ends sessions that are refreshed meanwhile (row 6), round %i',
  async () => {
    const person = await register()
    const [mine, other] = [await openSession(person), await openSession(person)]
    const change = as(mine).post('/users/me/password', {
      current_password: person.password,
      new_password: 'another good one',
    })
    const [changed, ...responses] = await Promise.all([
      change,
      ...Array.from({ length: 8 }, () => refresh(other.refresh_token)),
    ])
    expect(changed.status).toBe(200)
    const issued = [other]
    for (const response of responses)
      if (response.status === 200) issued.push((await response.json()) as TokenPair)
    for (const { refresh_token, access_token } of issued) {
      expect((await me(access_token)).status).toBe(401)
      expect((await refresh(refresh_token)).status).toBe(401)
    }
    const { access_token } = (await changed.json()) as TokenPair
    expect((await me(access_token)).status).toBe(200)
  },
)

test.each(rounds)(
  'a replay that races the honest next refresh leaves nothing (row 5), round %i',
  async () => {
    const pair = await openSession(await register())
    const second = (await (await refresh(pair.refresh_token)).json()) as TokenPair
    clock.now = new Date(clock.now.getTime() + 15_000)
    const third = (await (await refresh(second.refresh_token)).json()) as TokenPair
    const [honest] = await Promise.all([refresh(third.refresh_token), refresh(pair.refresh_token)])
    const issued = [third]
    if (honest.status === 200) issued.push((await honest.json()) as TokenPair)
    for (const { refresh_token, access_token } of issued) {
      expect((await me(access_token)).status).toBe(401)
      expect((await refresh(refresh_token)).status).toBe(401)
    }
  },
)

describe('a session that two acts end at once', () => {
  const idOf = ({ access_token }: TokenPair) => String(payloadOf(access_token)['sid'])
  type Act = (kept: TokenPair, ended: TokenPair) => Promise<Response>
  const signOut: Act = (_, ended) => post('/logout', { refresh_token: ended.refresh_token })
  const endOne: Act = (kept, ended) => as(kept).delete(`/users/me/sessions/${idOf(ended)}`)
  const endOthers: Act = (kept) => as(kept).delete('/users/me/sessions?keep_current=true')
  const pairs: [string, Act, Act][] = [
    ['signing out, and ending it from elsewhere', signOut, endOne],
    ['signing out, and ending all others', signOut, endOthers],
    ['ending it, and all others', endOne, endOthers],
    ['ending all others twice', endOthers, endOthers],
  ]

  test.each(pairs)('has one end on record: %s', async (_, first, second) => {
    const person = await register()
    const [kept, ended] = [await openSession(person), await openSession(person)]
    const rows = `users u join sessions s on s.user_id = u.id where u.id = ${person.id}`
    await whileLocked(database, rows, [() => first(kept, ended), () => second(kept, ended)])
    expect([(await me(kept.access_token)).status, (await me(ended.access_token)).status]).toEqual([200, 401])
    const events = await database.sql(
      "select type from audit_events where user_id = $1 and type in ('signed_out', 'session_ended')",
      [person.id],
    )
    expect(events).toHaveLength(1)
  })
})

test('a session that a sign-in opens while all others end is ended, and its end on record', async () => {
  const person = await register()
  const kept = await openSession(person)
  const signIn = async () => (await openSession(person)).access_token
  const end = async () => (await as(kept).delete('/users/me/sessions?keep_current=true')).status
  const [token, status] = await whileLocked<string | number>(database, `users where id = ${person.id}`, [
    signIn,
    end,
  ])
  expect([status, (await me(String(token))).status, (await me(kept.access_token)).status]).toEqual([
    204, 401, 200,
  ])
  const events = await database.sql(
    "select 1 from audit_events where user_id = $1 and type = 'session_ended'",
    [person.id],
  )
  expect(events).toHaveLength(1)
})
