import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'

const tested = await createTestApp()
const { database, register, clock } = tested
const { appoint, allow, ask, createRole } = administratorsOf(tested)
const admin = await appoint('admin')

const rolesOf = async (id: number) =>
  (await database.sql('select role_name from user_roles where user_id = $1 order by 1', [id])).map(
    ({ role_name }) => role_name,
  )
const eventsOf = async (id: number) =>
  await database.sql("select * from audit_events where user_id = $1 and type = 'roles_changed' order by id", [
    id,
  ])
const assign = (id: number, roles: unknown, caller: { access_token: string } = admin) =>
  ask(caller, 'PUT', `/users/${id}/roles`, { roles })

describe('PUT /users/{id}/roles', () => {
  test('sets exactly these roles, returns the account, and records additions and removals', async () => {
    const { id } = await register()
    const editor = await createRole('users:read')
    clock.now = new Date(clock.now.getTime() + 1000)
    const { status, body } = await assign(id, [editor, 'admin', editor])
    expect(status).toBe(200)
    expect(body).toMatchObject({ id, roles: ['admin', editor], updated_at: clock.now.toISOString() })
    expect(await rolesOf(id)).toEqual(['admin', editor])
    expect(await eventsOf(id)).toMatchObject([
      {
        actor_id: String(admin.id),
        details: JSON.stringify({ granted: ['admin', editor], revoked: ['user'] }).replaceAll(
          /([:,])/g,
          '$1 ',
        ),
      },
    ])
    expect((await ask(admin, 'GET', `/users/${id}`)).body).toEqual(body)
    expect((await assign(id, [])).body['roles']).toEqual([])
    expect(await rolesOf(id)).toEqual([])
  })

  test('records nothing if nothing changes', async () => {
    const { id } = await register()
    clock.now = new Date(clock.now.getTime() + 1000)
    const { status, body } = await assign(id, ['user'])
    expect(status).toBe(200)
    expect(body['roles']).toEqual(['user'])
    expect(body['updated_at']).not.toBe(clock.now.toISOString())
    expect(await eventsOf(id)).toEqual([])
  })

  test('names the roles that don’t exist, and gives none', async () => {
    const { id } = await register()
    const { status, body } = await assign(id, ['admin', 'no-such-role', 'nor-this'])
    expect([status, body['code']]).toEqual([422, 'validation_failed'])
    const errors = body['errors'] as { pointer: string }[]
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/roles/1', '/roles/2'])
    expect(await rolesOf(id)).toEqual(['user'])
    expect(await eventsOf(id)).toEqual([])
  })

  test.each([
    ['admin'],
    [null],
    [[1]],
    [['Admin']],
    [['a'.repeat(33)]],
    [['admin\u0000']],
    [Array(33).fill('user')],
  ])('refuses the roles %j without a second query', async (roles) => {
    const { id } = await register()
    await database.roundTrips()
    expect((await assign(id, roles)).status).toBe(422)
    expect(await database.roundTrips()).toHaveLength(1)
    expect(await rolesOf(id)).toEqual(['user'])
  })
})

describe('nobody assigns or removes a role with permissions that they lack (row 65)', () => {
  test('an assigner makes neither themselves nor anybody an administrator', async () => {
    const assigner = await allow('roles:assign', 'users:read')
    const friend = await register()
    for (const id of [assigner.id, friend.id]) {
      const before = await rolesOf(id)
      const { status, body } = await assign(id, [...before, 'admin'], assigner)
      expect([status, body['code']]).toEqual([403, 'forbidden'])
      expect(await rolesOf(id)).toEqual(before)
      expect(await eventsOf(id)).toEqual([])
    }
  })

  test('assigns a role of any name whose permissions they have', async () => {
    const assigner = await allow('roles:assign', 'users:read')
    const { id } = await register()
    const within = await createRole('users:read')
    const beyond = await createRole('users:read', 'users:delete')
    expect((await assign(id, ['user', within], assigner)).status).toBe(200)
    expect((await assign(id, ['user', within, beyond], assigner)).status).toBe(403)
    expect(await rolesOf(id)).toEqual([within, 'user'].sort())
  })

  test('takes nothing from somebody with more permissions', async () => {
    const assigner = await allow('roles:assign')
    const other = await appoint(await createRole('audit:read'))
    const before = await rolesOf(other.id)
    expect((await assign(other.id, [], assigner)).status).toBe(403)
    expect((await assign(admin.id, [], assigner)).status).toBe(403)
    expect(await rolesOf(other.id)).toEqual(before)
    expect(await rolesOf(admin.id)).toContain('admin')
  })
})
