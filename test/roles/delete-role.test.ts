import { expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'

const tested = await createTestApp()
const { database } = tested
const { appoint, allow, ask, createRole, give } = administratorsOf(tested)
const admin = await appoint('admin')

const remove = (name: string, caller: { access_token: string } = admin) =>
  ask(caller, 'DELETE', `/roles/${name}`)
const exists = async (name: string) =>
  (await database.sql('select from roles where name = $1', [name])).length > 0

test('deletes a role that nobody has, with its permissions', async () => {
  const name = await createRole('users:read')
  await database.roundTrips()
  expect((await remove(name)).status).toBe(204)
  expect(await database.roundTrips()).toHaveLength(2)
  expect(await exists(name)).toBe(false)
  expect(await database.sql('select from role_permissions where role_name = $1', [name])).toEqual([])
  expect(
    await database.sql("select actor_id, details from audit_events where type = 'role_deleted'"),
  ).toEqual([{ actor_id: String(admin.id), details: `{"role": "${name}"}` }])
  expect((await remove(name)).status).toBe(404)
})

test('not one that somebody has', async () => {
  const name = await createRole('users:read')
  const holder = await appoint()
  await give(holder.id, name)
  const { status, body } = await remove(name)
  expect([status, body['code']]).toEqual([409, 'role_in_use'])
  expect((await ask(holder, 'GET', '/users')).status).toBe(200)
})

test.each(['admin', 'user'])('not %s, which is built in', async (name) => {
  const { status, body } = await remove(name)
  expect([status, body['code'], body['detail']]).toEqual([409, 'role_in_use', 'This role is built in.'])
  expect(await exists(name)).toBe(true)
})

test('is refused if it has a permission that the caller lacks (row 65)', async () => {
  const name = await createRole('users:delete')
  expect((await remove(name, await allow('roles:write'))).status).toBe(403)
  expect(await exists(name)).toBe(true)
})

test.each(['a%00b', 'No', '%20', 'no-such-role'])('404 for %s', async (name) => {
  expect((await remove(name)).status).toBe(404)
})
