import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, DEFAULT_LIMITS } from '../support/test-app.ts'

const tested = await createTestApp()
const { database, register, openSession, me, post } = tested
const { appoint, allow, ask } = administratorsOf(tested)

const exists = async (id: number) =>
  (await database.sql('select from users where id = $1', [id])).length === 1
const remove = (caller: { access_token: string }, id: number) => ask(caller, 'DELETE', `/users/${id}`)

describe('DELETE /users/{id}', () => {
  test('deletes the account with its sessions, and keeps on record who did it', async () => {
    const deleter = await allow('users:delete')
    const person = await register()
    const session = await openSession(person)
    await database.roundTrips()
    expect((await remove(deleter, person.id)).status).toBe(204)
    expect(await database.roundTrips()).toHaveLength(2)
    expect(await exists(person.id)).toBe(false)
    expect((await me(session.access_token)).status).toBe(401)
    expect((await post('/refresh', { refresh_token: session.refresh_token })).status).toBe(401)
    const events = await database.sql('select * from audit_events where user_id = $1 order by id', [
      person.id,
    ])
    expect(events.at(-1)).toMatchObject({ type: 'account_deleted', actor_id: String(deleter.id) })
    expect((await remove(deleter, person.id)).status).toBe(404)
  })

  test('is refused if they have a permission that the caller lacks (row 65)', async () => {
    const deleter = await allow('users:delete')
    const other = await allow('users:read')
    expect((await remove(deleter, other.id)).status).toBe(403)
    expect(await exists(other.id)).toBe(true)
    expect((await me(other.access_token)).status).toBe(200)
  })
})

describe('the last administrator stays (row 65)', () => {
  /** Nobody but these, however many other tests appointed. */
  const only = async (...ids: number[]) =>
    await database.sql(
      "delete from user_roles where role_name = 'admin' and not user_id = any($1::integer[])",
      [`{${ids}}`],
    )

  test('whoever demotes, disables or deletes them, themselves included', async () => {
    const [admin, disabled] = [await appoint('admin'), await appoint('admin')]
    await only(admin.id, disabled.id)
    // One who is disabled does not count.
    await database.sql('update users set disabled_at = now() where id = $1', [disabled.id])
    const before = await database.sql('select * from users where id = $1', [admin.id])
    const refusals = [
      await ask(admin, 'PUT', `/users/${admin.id}/roles`, { roles: ['user'] }),
      await ask(admin, 'PATCH', `/users/${admin.id}`, { status: 'disabled' }),
      await ask(admin, 'PATCH', `/users/${admin.id}`, { status: 'disabled', full_name: 'Gone' }),
      await ask(admin, 'DELETE', `/users/${admin.id}`),
      await ask(admin, 'DELETE', '/users/me', { password: admin.password }),
    ]
    for (const { status, body } of refusals) expect([status, body['code']]).toEqual([409, 'last_admin'])
    expect(await database.sql('select * from users where id = $1', [admin.id])).toEqual(before)
    expect((await ask(admin, 'GET', '/users')).status).toBe(200)
    const types = await database.sql('select type from audit_events where user_id = $1', [admin.id])
    expect(types.map(({ type }) => type).sort()).toEqual(['registered', 'signed_in'])
    // Their own profile, sessions and other roles are theirs to change.
    expect((await ask(admin, 'PUT', `/users/${admin.id}/roles`, { roles: ['admin'] })).status).toBe(200)
    expect((await ask(admin, 'PATCH', `/users/${admin.id}`, { full_name: 'Still Here' })).status).toBe(200)
  })

  test('a wrong password is that, before anything is said of administrators', async () => {
    const admin = await appoint('admin')
    await only(admin.id)
    const { status, body } = await ask(admin, 'DELETE', '/users/me', { password: 'not the password' })
    expect([status, body['code']]).toEqual([403, 'wrong_password'])
  })

  test('a right password is given its attempt back, however often they try', async () => {
    const limited = await createTestApp({ variables: DEFAULT_LIMITS, deps: tested.deps })
    const admin = await appoint('admin')
    await only(admin.id)
    for (let time = 0; time < 7; time++) {
      const leave = administratorsOf(limited).ask(admin, 'DELETE', '/users/me', { password: admin.password })
      expect((await leave).status).toBe(409)
    }
  })

  test('and goes once there is another one', async () => {
    const [one, other] = [await appoint('admin'), await appoint('admin')]
    await only(one.id, other.id)
    expect((await ask(one, 'DELETE', '/users/me', { password: one.password })).status).toBe(204)
    expect((await ask(other, 'DELETE', `/users/${other.id}`)).status).toBe(409)
  })

  test('those who never were administrators are deleted and disabled without one', async () => {
    await only()
    const [person, manager] = [await register(), await allow('users:delete', 'users:write')]
    expect((await ask(manager, 'PATCH', `/users/${person.id}`, { status: 'disabled' })).status).toBe(200)
    expect((await remove(manager, person.id)).status).toBe(204)
    expect((await ask(manager, 'DELETE', '/users/me', { password: manager.password })).status).toBe(204)
  })
})
