import { describe, expect, test } from 'vitest'
import { PERMISSIONS } from '../../src/features.ts'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'
import { withBetween } from '../support/with-between.ts'

const tested = await createTestApp()
const { database } = tested
const { appoint, allow, ask, createRole, give } = administratorsOf(tested)
const admin = await appoint('admin')

const put = (name: string, body: unknown, caller: { access_token: string } = admin) =>
  ask(caller, 'PUT', `/roles/${name}`, body)
const stored = async (name: string) =>
  (await ask(admin, 'GET', '/roles')).body.items.find((role) => role['name'] === name)
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

  test('leaves an existing role unchanged if If-None-Match asks for a new one', async () => {
    await put('guest', { description: 'One', permissions: [] })
    const before = await eventsOf('guest')
    const create = (name: string) =>
      tested
        .as(admin)
        .put(
          `/roles/${name}`,
          { description: 'Two', permissions: ['users:delete'] },
          { 'If-None-Match': '*' },
        )
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
      const before = (await ask(admin, 'GET', '/roles')).body
      const { status } = await put(name, { description: 'x', permissions: [] })
      // Two encoded dots are a path of their own, which has other methods.
      expect([404, 405, 422]).toContain(status)
      expect((await ask(admin, 'GET', '/roles')).body).toEqual(before)
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
    ]
    for (const { status, body } of refusals) expect([status, body['code']]).toEqual([403, 'forbidden'])
    expect(await stored('coup')).toBeUndefined()
    expect(await stored(theirs)).toMatchObject({ permissions: ['users:delete', 'users:read'] })
    expect(await eventsOf('coup')).toEqual([])
    expect(await eventsOf(theirs)).toEqual([])
  })

  test('nor to a role of their own', async () => {
    const role = await createRole('roles:write')
    const writer = await appoint(role)
    const greedy = { description: 'x', permissions: Object.keys(PERMISSIONS) }
    expect((await put(role, greedy, writer)).status).toBe(403)
    expect((await ask(writer, 'GET', '/users')).status).toBe(403)
  })
})

describe('changing a role takes its permissions and those of its holders (row 65)', () => {
  const all = Object.keys(PERMISSIONS)
  const refusedFor = async (name: string, permissions: string[], writer: { access_token: string }) => {
    const before = [await stored(name), await eventsOf(name)]
    const { status, body } = await put(name, { description: 'Not a word of it', permissions }, writer)
    expect([status, body['code']]).toEqual([403, 'forbidden'])
    expect([await stored(name), await eventsOf(name)]).toEqual(before)
    return body['detail']
  }

  test('changing only the description of a role takes all of its permissions, admin included', async () => {
    const most = await allow(...all.filter((permission) => permission !== 'audit:read'))
    await refusedFor('admin', all, most)
    const role = await createRole('audit:read')
    await refusedFor(role, ['audit:read'], most)
    const kept = { description: 'Told better', permissions: ['audit:read'] }
    expect((await put(role, kept)).status).toBe(200)
  })

  test('nothing is given to, taken from or said of who may do more', async () => {
    const writer = await allow('roles:write', 'users:read', 'roles:read')
    const role = await createRole('users:read')
    const superior = await appoint(role, await createRole('users:delete'))
    for (const permissions of [['users:read'], [], ['users:read', 'roles:read']])
      expect(await refusedFor(role, permissions, writer)).toMatch(/^Somebody who has this role may do/)
    // One who may do as much, or less, is no reason.
    await give((await appoint(await createRole('roles:read'))).id, role)
    await database.sql('delete from user_roles where user_id = $1 and role_name = $2', [superior.id, role])
    expect((await put(role, { description: 'Less', permissions: [] }, writer)).status).toBe(200)
    expect((await ask(superior, 'DELETE', '/users/2147483647')).status).toBe(404)
  })

  test('so only administrators, who have the role user too, change its description', async () => {
    const writer = await allow('roles:write')
    await refusedFor('user', [], writer)
    expect((await put('user', { description: 'Everybody', permissions: [] })).status).toBe(200)
  })

  test('a role of one’s own, and one that nobody has, are one’s own to change', async () => {
    const role = await createRole('roles:write')
    const writer = await appoint(role)
    const empty = await createRole('roles:write')
    for (const name of [role, empty]) {
      const change = { description: 'Told better', permissions: ['roles:write'] }
      expect((await put(name, change, writer)).status).toBe(200)
    }
  })

  test('who is promoted between the guard and the act is not acted on', async () => {
    const writer = await allow('roles:write', 'users:read')
    const role = await createRole('users:read')
    const holder = await appoint(role)
    const slow = await withBetween(tested, () => give(holder.id, 'admin'))
    const change = { description: 'Less', permissions: [] }
    const { status } = await administratorsOf(slow).ask(writer, 'PUT', `/roles/${role}`, change)
    expect(status).toBe(403)
    expect(await stored(role)).toMatchObject({ permissions: ['users:read'] })
  })

  test('if too many people have a role to check all, nobody with fewer permissions changes it', async () => {
    const writer = await allow('roles:write', 'users:read')
    const [many, higher, few] = [
      await createRole('users:read'),
      await createRole('users:delete'),
      await createRole('users:read'),
    ]
    await database.sql(`
      insert into users (id, username, email, full_name, created_at, updated_at)
      select n, 'many' || n, 'many' || n || '@example.com', 'One of many', now(), now()
      from generate_series(1000001, 1020100) n`)
    // Or a connection that knew the table when it was small checks foreign keys by reading all of it, row by
    // row.
    await database.sql('analyze users')
    await database.sql(
      `insert into user_roles select n, case when n % 2 = 0 then $1 else $2 end from generate_series(1000001, 1020100) n`,
      [many, higher],
    )
    await give(1_000_002, few)
    await refusedFor(many, ['users:read'], writer)
    // Of few holders each is looked at.
    expect((await put(few, { description: 'Few', permissions: [] }, writer)).status).toBe(200)
    // The last of those who may do more, behind as many as are looked at.
    await give(1_020_099, few)
    await refusedFor(few, ['users:read'], writer)
    expect((await put(many, { description: 'Many', permissions: ['users:read'] })).status).toBe(200)
  })
})

describe('permissions over other accounts can’t be given to everybody (row 102)', () => {
  test.each(Object.keys(PERMISSIONS))(
    '%s is not put into user, by administrators neither',
    async (permission) => {
      const before = [await stored('user'), await eventsOf('user')]
      const { status, body } = await put('user', { description: 'x', permissions: [permission] })
      expect([status, body['code']]).toEqual([422, 'validation_failed'])
      expect(body['errors']).toMatchObject([{ pointer: '/permissions/0', code: 'invalid' }])
      expect([await stored('user'), await eventsOf('user')]).toEqual(before)
      const newcomer = await tested.openSession(await tested.register())
      expect((await ask(newcomer, 'GET', '/users')).status).toBe(403)
    },
  )
})

test('admin keeps every permission, whatever the request says', async () => {
  const before = await stored('admin')
  const { status, body } = await put('admin', { description: 'Less', permissions: ['users:read'] })
  expect([status, body['code']]).toEqual([422, 'validation_failed'])
  expect(await stored('admin')).toEqual(before)
  const all = { description: 'Told better', permissions: Object.keys(PERMISSIONS) }
  expect((await put('admin', all)).status).toBe(200)
})
