import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'
import { whileLocked } from '../support/while-locked.ts'

// Nobody else's administrators are in the way.
const tested = await createTestApp({ database: await createTestDatabase() })
const { database, register, openSession, post, me } = tested
const { appoint, allow, ask, createRole } = administratorsOf(tested)

const rounds = (count: number) => Array.from({ length: count }, (_, round) => round + 1)
type Admin = Awaited<ReturnType<typeof appoint>>

const enabledAdmins = async () =>
  (
    await database.sql(
      "select u.id from users u join user_roles r on r.user_id = u.id where r.role_name = 'admin' and u.disabled_at is null",
    )
  ).map(({ id }) => Number(id))

/** So many administrators, and nobody else is one. */
async function administrators(count: number) {
  const admins: Admin[] = []
  for (let index = 0; index < count; index++) admins.push(await appoint('admin'))
  await database.sql(
    "delete from user_roles where role_name = 'admin' and not user_id = any($1::integer[])",
    [`{${admins.map(({ id }) => id)}}`],
  )
  return admins as [Admin, Admin, ...Admin[]]
}

const demote = (actor: Admin, subject: Admin) =>
  ask(actor, 'PUT', `/users/${subject.id}/roles`, { roles: ['user'] })
const disable = (actor: Admin, subject: Admin) =>
  ask(actor, 'PATCH', `/users/${subject.id}`, { status: 'disabled' })
const remove = (actor: Admin, subject: Admin) => ask(actor, 'DELETE', `/users/${subject.id}`)
const leave = (actor: Admin) => ask(actor, 'DELETE', '/users/me', { password: actor.password })

const isDone = ({ status }: { status: number }) => status < 300

describe('two administrators at once (row 65)', () => {
  test.each(rounds(20))('who demote each other: one stays, round %i', async () => {
    const [one, two] = await administrators(2)
    const answers = await Promise.all([demote(one, two), demote(two, one)])
    expect(answers.filter(isDone)).toHaveLength(1)
    // Whoever came second is told that they may no more, or would be the last.
    expect([401, 403, 409]).toContain(answers.find((answer) => !isDone(answer))?.status)
    expect(await enabledAdmins()).toHaveLength(1)
  })

  const acts = [
    ['disable each other', disable, disable],
    ['delete each other', remove, remove],
    ['demote and disable each other', demote, disable],
    ['leave', leave, leave],
  ] as const
  test.each(rounds(10).flatMap((round) => acts.map((act) => [...act, round] as const)))(
    'who %s: one stays',
    async (_, first, second) => {
      const [one, two] = await administrators(2)
      const answers = await Promise.all([first(one, two), second(two, one)])
      expect(answers.filter(isDone)).toHaveLength(1)
      expect(answers.map(({ status }) => status)).not.toContain(500)
      expect(await enabledAdmins()).toHaveLength(1)
    },
  )

  test.each(rounds(10))(
    'also where a third one would stay anyway: who was demoted demotes nobody, round %i',
    async () => {
      const [one, two, third] = (await administrators(3)) as [Admin, Admin, Admin]
      const answers = await Promise.all([demote(one, two), demote(two, one)])
      expect(answers.filter(isDone)).toHaveLength(1)
      expect(await enabledAdmins()).toHaveLength(2)
      expect(await enabledAdmins()).toContain(third.id)
    },
  )

  test.each(rounds(5))('eight who all demote the next: at least one stays, round %i', async () => {
    const admins = await administrators(8)
    const answers = await Promise.all(
      admins.map((admin, index) => demote(admin, admins[(index + 1) % 8] as Admin)),
    )
    const done = answers.filter(isDone).length
    expect(await enabledAdmins()).toHaveLength(8 - done)
    expect(done).toBeLessThan(8)
    expect(done).toBeGreaterThan(0)
  })
})

test.each(rounds(10))('roles that two set at once are those of one of them, round %i', async () => {
  const [one, two] = await administrators(2)
  const { id } = await register()
  const sets = [[await createRole()], ['user', await createRole()]]
  const answers = await Promise.all(
    [one, two].map((admin, index) => ask(admin, 'PUT', `/users/${id}/roles`, { roles: sets[index] })),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  const { body } = await ask(one, 'GET', `/users/${id}`)
  expect(sets.map((roles) => [...roles].sort())).toContainEqual(body['roles'])
})

test.each(rounds(10))('a role is given or deleted, never both, round %i', async () => {
  const [one, two] = await administrators(2)
  const { id } = await register()
  const role = await createRole('users:read')
  const [given, deleted] = await Promise.all([
    ask(one, 'PUT', `/users/${id}/roles`, { roles: [role] }),
    ask(two, 'DELETE', `/roles/${role}`),
  ])
  expect([
    [200, 409],
    [422, 204],
  ]).toContainEqual([given.status, deleted.status])
})

test.each(rounds(10))(
  'nobody who signs in while they are disabled stays signed in, round %i (row 68)',
  async () => {
    const [admin] = await administrators(1)
    const person = await register()
    const sessions = await Promise.all([
      ...Array.from({ length: 5 }, () => post('/login', { email: person.email, password: person.password })),
      ask(admin, 'PATCH', `/users/${person.id}`, { status: 'disabled' }),
    ])
    for (const answer of sessions) {
      if (!(answer instanceof Response) || answer.status !== 200) continue
      const { access_token } = (await answer.json()) as { access_token: string }
      expect((await me(access_token)).status).toBe(401)
    }
    await ask(admin, 'PATCH', `/users/${person.id}`, { status: 'active' })
    const { access_token } = await openSession(person)
    expect((await ask({ access_token }, 'GET', '/users/me/sessions')).body.items).toHaveLength(1)
  },
)

test.each(rounds(5))(
  'a person’s own acts and an administrator’s on them don’t hold each other up, round %i',
  async () => {
    const [admin] = await administrators(1)
    const person = await register()
    const session = await openSession(person)
    const own = () => ask(session, 'PATCH', '/users/me', { full_name: 'Own Name' })
    const theirs = () => ask(admin, 'PATCH', `/users/${person.id}`, { full_name: 'Given Name' })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        [own, theirs, () => ask(session, 'DELETE', '/users/me/sessions?keep_current=true')][index % 3]?.(),
      ),
    )
    expect(answers.map((answer) => answer?.status)).toEqual(
      answers.map((_, index) => (index % 3 === 2 ? 204 : 200)),
    )
  },
)

test.each(rounds(20))(
  'of two racing changes of a role and its holder, the second sees the first, round %i (row 65)',
  async () => {
    const [admin] = await administrators(1)
    const writer = await allow('roles:write', 'users:read')
    const [role, higher] = [await createRole('users:read'), await createRole('users:delete')]
    const { id } = await register()
    const change = { description: 'Less', permissions: [] }
    const [given, changed] = await Promise.all([
      ask(admin, 'PUT', `/users/${id}/roles`, { roles: [role, higher] }),
      ask(writer, 'PUT', `/roles/${role}`, change),
    ])
    expect(given.status).toBe(200)
    const [gift, write] = await database.sql(
      `select id from audit_events where (type = 'roles_changed' and user_id = $1)
         or (type = 'role_changed' and details ->> 'role' = $2) order by type desc`,
      [id, role],
    )
    // Either it was refused, or it was there before anybody had the role who may do more.
    if (changed.status === 403) expect(write).toBeUndefined()
    else expect([changed.status, Number(write?.['id']) < Number(gift?.['id'])]).toEqual([200, true])
  },
)

test('a session whose owner signs out while an administrator ends it has one end on record', async () => {
  const [admin] = await administrators(1)
  const person = await register()
  const session = await openSession(person)
  const rows = `users u join sessions s on s.user_id = u.id where u.id = ${person.id}`
  const signOut = async () => (await post('/logout', { refresh_token: session.refresh_token })).status
  const end = async () => (await ask(admin, 'DELETE', `/users/${person.id}/sessions`)).status
  await whileLocked(database, rows, [signOut, end])
  const events = await database.sql(
    "select type from audit_events where user_id = $1 and type in ('signed_out', 'session_ended')",
    [person.id],
  )
  expect(events).toHaveLength(1)
})

test('a session that a sign-in opens while an administrator ends all is ended, and its end on record', async () => {
  const [admin] = await administrators(1)
  const person = await register()
  const signIn = async () => (await openSession(person)).access_token
  const end = async () => (await ask(admin, 'DELETE', `/users/${person.id}/sessions`)).status
  const [token, status] = await whileLocked<string | number>(database, `users where id = ${person.id}`, [
    signIn,
    end,
  ])
  expect([status, (await me(String(token))).status]).toEqual([204, 401])
  const events = await database.sql('select type from audit_events where user_id = $1 order by id', [
    person.id,
  ])
  expect(events.map(({ type }) => type)).toEqual(['registered', 'signed_in', 'session_ended'])
})
