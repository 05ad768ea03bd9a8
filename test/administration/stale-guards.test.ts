import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'
import { withBetween } from '../support/with-between.ts'

const tested = await createTestApp()
const { database, register, post, openSession } = tested
const { appoint, createRole, as } = administratorsOf(tested)
const role = await createRole()

type Person = Awaited<ReturnType<typeof register>>
const acts: [string, (subject: Person) => [string, string, unknown?]][] = [
  ['changing', ({ id }) => ['PATCH', `/users/${id}`, { full_name: 'Changed' }]],
  ['disabling', ({ id }) => ['PATCH', `/users/${id}`, { status: 'disabled' }]],
  ['deleting', ({ id }) => ['DELETE', `/users/${id}`]],
  ['giving roles to', ({ id }) => ['PUT', `/users/${id}/roles`, { roles: ['admin'] }]],
  ['signing out', ({ id }) => ['DELETE', `/users/${id}/sessions`]],
  ['writing a role beside', () => ['PUT', '/roles/coup', { description: 'x', permissions: ['users:read'] }]],
  ['deleting a role beside', () => ['DELETE', `/roles/${role}`]],
]

/** All that an act could have changed. */
const state = async () =>
  JSON.stringify([
    await database.sql('select * from users order by id'),
    await database.sql('select * from user_roles order by 1, 2'),
    await database.sql('select * from roles order by 1'),
    await database.sql('select * from role_permissions order by 1, 2'),
    await database.sql('select * from audit_events order by id'),
  ])

describe('an administrator who was let through', () => {
  test.each(acts)(
    'and demoted since: %s somebody is refused, and nothing happens (row 67)',
    async (_, act) => {
      const [subject, admin] = [await register(), await appoint('admin')]
      await openSession(subject)
      let before = ''
      const slow = await withBetween(tested, async () => {
        await database.sql("delete from user_roles where user_id = $1 and role_name = 'admin'", [admin.id])
        before = await state()
      })
      const { status, body } = await administratorsOf(slow).as(admin, ...act(subject))
      expect([status, body['code']]).toEqual([403, 'forbidden'])
      expect(await state()).toBe(before)
    },
  )

  test.each(acts)('and signed out since: %s somebody is refused, and nothing happens', async (_, act) => {
    const [subject, admin] = [await register(), await appoint('admin')]
    let before = ''
    const slow = await withBetween(tested, async () => {
      await post('/logout', { refresh_token: admin.refresh_token })
      before = await state()
    })
    const { status, body } = await administratorsOf(slow).as(admin, ...act(subject))
    expect([status, body['code']]).toEqual([401, 'invalid_token'])
    expect(await state()).toBe(before)
  })
})

test('an account that is given more rights since is not acted on by who has fewer', async () => {
  const [subject, manager] = [await register(), await appoint(await createRole('users:write'))]
  const slow = await withBetween(tested, () =>
    database.sql("insert into user_roles values ($1, 'admin')", [subject.id]),
  )
  const { status } = await administratorsOf(slow).as(manager, 'PATCH', `/users/${subject.id}`, {
    status: 'disabled',
  })
  expect(status).toBe(403)
  expect((await as(await openSession(subject), 'GET', '/users')).status).toBe(200)
})
