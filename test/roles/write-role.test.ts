import { describe, expect, test } from 'vitest'
import { PERMISSIONS } from '../../src/permissions.ts'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'

const tested = await createTestApp()
const { database, request } = tested
const { appoint, allow, as, createRole } = administratorsOf(tested)
const admin = await appoint('admin')

const put = (name: string, body: unknown, caller: { access_token: string } = admin) =>
  as(caller, 'PUT', `/roles/${name}`, body)
const stored = async (name: string) =>
  (await as(admin, 'GET', '/roles')).body.items.find((role) => role['name'] === name)
const eventsOf = async (name: string) =>
  await database.sql("select * from audit_events where details ->> 'role' = $1 order by id", [name])

describe('PUT /roles/{name}', () => {
  test('creates a role: 201 with Location', async () => {
    await database.roundTrips()
    const body = { description: 'Answers questions', permissions: ['users:read', 'audit:read', 'users:read'] }
    const { status, headers, body: answer } = await put('support', body)
    expect(await database.roundTrips()).toHaveLength(2)
    expect(status).toBe(201)
    expect(headers.get('Location')).toBe('/roles/support')
    const role = {
      name: 'support',
      description: 'Answers questions',
      permissions: ['audit:read', 'users:read'],
    }
    expect(answer).toEqual(role)
    expect(await stored('support')).toEqual(role)
    expect(await eventsOf('support')).toMatchObject([
      { type: 'role_changed', user_id: null, actor_id: String(admin.id) },
    ])
  })

  test('replaces one that is there: 200', async () => {
    await put('editor', { description: 'One', permissions: ['users:read', 'users:write'] })
    const { status } = await put('editor', { description: 'Two', permissions: ['users:write', 'roles:read'] })
    expect(status).toBe(200)
    expect(await stored('editor')).toEqual({
      name: 'editor',
      description: 'Two',
      permissions: ['roles:read', 'users:write'],
    })
  })

  test('leaves one that is there as it is where only a new one will do', async () => {
    await put('guest', { description: 'One', permissions: [] })
    const before = await eventsOf('guest')
    const create = (name: string) =>
      request(`/roles/${name}`, {
        method: 'PUT',
        headers: {
          Authorization: `Bearer ${admin.access_token}`,
          'Content-Type': 'application/json',
          'If-None-Match': '*',
        },
        body: JSON.stringify({ description: 'Two', permissions: ['users:delete'] }),
      })
    const refused = await create('guest')
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({ code: 'role_exists' })
    expect(await stored('guest')).toMatchObject({ description: 'One', permissions: [] })
    expect(await eventsOf('guest')).toEqual(before)
    expect((await create('guest-two')).status).toBe(201)
  })

  test.each(['A', 'Editor', '1st', '-a', 'a b', 'a%00b', 'a'.repeat(33), 'é', 'a.b', '%2e%2e'])(
    'refuses the name %s',
    async (name) => {
      const before = (await as(admin, 'GET', '/roles')).body
      const { status } = await put(name, { description: 'x', permissions: [] })
      expect([404, 422]).toContain(status)
      expect((await as(admin, 'GET', '/roles')).body).toEqual(before)
    },
  )

  test.each([
    {},
    { description: 'x' },
    { permissions: [] },
    { description: '', permissions: [] },
    { description: 'x'.repeat(201), permissions: [] },
    { description: 'a\u0000', permissions: [] },
    { description: 'x', permissions: ['users:*'] },
    { description: 'x', permissions: ['*'] },
    { description: 'x', permissions: ['admin'] },
    { description: 'x', permissions: 'users:read' },
    { description: 'x', permissions: Array(101).fill('users:read') },
    { description: 'x', permissions: [], name: 'admin' },
    { description: 'x', permissions: [], built_in: true },
  ])('refuses %j without a second query', async (body) => {
    await database.roundTrips()
    expect((await put('refused', body)).status).toBe(422)
    expect(await database.roundTrips()).toHaveLength(1)
  })
})

describe('nobody gives or takes a permission that they do not hold (row 65)', () => {
  test('neither to a new role nor to one that is there, nor from it', async () => {
    const writer = await allow('roles:write', 'users:read')
    const theirs = await createRole('users:read', 'users:delete')
    const refusals = [
      await put('coup', { description: 'x', permissions: ['users:delete'] }, writer),
      await put(theirs, { description: 'x', permissions: ['users:read'] }, writer),
      await put('user', { description: 'x', permissions: ['roles:assign'] }, writer),
    ]
    for (const { status, body } of refusals) expect([status, body['code']]).toEqual([403, 'forbidden'])
    expect(await stored('coup')).toBeUndefined()
    expect(await stored(theirs)).toMatchObject({ permissions: ['users:delete', 'users:read'] })
    expect(await stored('user')).toMatchObject({ permissions: [] })
    expect(await eventsOf('coup')).toEqual([])
    // What stays as it is needs no right.
    const kept = { description: 'Told better', permissions: ['users:delete'] }
    expect((await put(theirs, kept, writer)).status).toBe(200)
  })

  test('nor to a role of their own', async () => {
    const role = await createRole('roles:write')
    const writer = await appoint(role)
    const greedy = { description: 'x', permissions: Object.keys(PERMISSIONS) }
    expect((await put(role, greedy, writer)).status).toBe(403)
    expect((await as(writer, 'GET', '/users')).status).toBe(403)
  })
})

test('admin holds every permission, whatever is asked', async () => {
  const before = await stored('admin')
  const { status, body } = await put('admin', { description: 'Less', permissions: ['users:read'] })
  expect([status, body['code']]).toEqual([422, 'validation_failed'])
  expect(await stored('admin')).toEqual(before)
  const all = { description: 'Told better', permissions: Object.keys(PERMISSIONS) }
  expect((await put('admin', all)).status).toBe(200)
})
