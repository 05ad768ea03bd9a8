import { describe, expect, test } from 'vitest'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'

const app = await createTestApp()
const { register, openSession, as, mailbox, database, post } = app

async function signInWith(role: string | null) {
  const person = await register()
  if (role) {
    const values = [String(person.id), role]
    await database.sql('insert into user_roles (user_id, role_name) values ($1, $2)', values)
  }
  return { ...person, pair: await openSession(person) }
}

describe('an administrator sends somebody a mail to choose a new password', () => {
  test('and does not see the link', async () => {
    const admin = await signInWith('admin')
    const person = await register()
    const response = await as(admin.pair).post(`/users/${person.id}/password-reset`)
    expect([response.status, await response.json()]).toEqual([202, { status: 'accepted' }])
    const mail = (await mailbox(person.email)).find(({ kind }) => kind === 'password_reset')
    expect(mail?.text).not.toContain('203.0.113.7')
    const done = { token: mail?.token, new_password: 'quite another staple' }
    expect((await post('/password-resets/confirm', done)).status).toBe(204)
    const [event] = await database.sql(
      `select actor_id from audit_events where user_id = $1 and type = 'password_reset_requested'`,
      [String(person.id)],
    )
    expect(event).toEqual({ actor_id: String(admin.id) })
  })

  test('an owner whose password is void gets that mail too, not an invitation', async () => {
    const admin = await signInWith('admin')
    const person = await register()
    await database.sql(`update users set password_hash = null, password_version = 2 where id = $1`, [
      String(person.id),
    ])
    expect((await as(admin.pair).post(`/users/${person.id}/password-reset`)).status).toBe(202)
    const kinds = (await mailbox(person.email)).map(({ kind }) => kind)
    expect(kinds.sort()).toEqual(['email_verification', 'password_reset'])
  })

  test('needs the permission, and somebody who may do no more', async () => {
    const [nobody, admin, person] = [await signInWith(null), await signInWith('admin'), await register()]
    const before = (await mailbox(person.email)).length
    expect((await as(nobody.pair).post(`/users/${person.id}/password-reset`)).status).toBe(403)
    expect((await post(`/users/${person.id}/password-reset`, {})).status).toBe(401)
    expect(await mailbox(person.email)).toHaveLength(before)
    expect((await as(admin.pair).post('/users/999999/password-reset')).status).toBe(404)
    await as(admin.pair).put('/roles/helper', { description: 'h', permissions: ['users:write'] })
    const helper = await signInWith('helper')
    expect((await as(helper.pair).post(`/users/${admin.id}/password-reset`)).status).toBe(403)
    expect((await mailbox(admin.email)).map(({ kind }) => kind)).not.toContain('password_reset')
  })

  test('of a disabled account is refused with what to do', async () => {
    const admin = await signInWith('admin')
    const person = await register()
    await as(admin.pair).patch(`/users/${person.id}`, { status: 'disabled' })
    const response = await as(admin.pair).post(`/users/${person.id}/password-reset`)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ detail: 'The account is disabled: enable it first.' })
  })
})

describe('an invitation', () => {
  test('lets the owner of a created account set a password, which proves the address', async () => {
    const database = await createTestDatabase()
    const open = await createTestApp({ database })
    const admin = await open.register()
    await database.sql(`insert into user_roles (user_id, role_name) values ($1, 'admin')`, [String(admin.id)])
    const closed = await createTestApp({ database, variables: { REGISTRATION: 'closed' } })
    const pair = await closed.openSession(admin)
    const account = { email: 'invited@example.com', username: 'invited', full_name: 'In Vited' }
    const created = await closed.as(pair).post('/users', account)
    expect(created.status).toBe(201)
    const { id } = (await created.json()) as { id: number }
    const [invitation] = await closed.mailbox(account.email)
    expect(invitation?.kind).toBe('invitation')
    expect(invitation?.text).toContain('/account/accept-invitation#token=')

    closed.clock.now = new Date(closed.clock.now.getTime() + 1000)
    expect((await closed.as(pair).post(`/users/${id}/password-reset`)).status).toBe(202)
    const again = (await closed.mailbox(account.email)).at(-1)
    expect(again?.kind).toBe('invitation')
    const choose = (token: string | undefined) =>
      closed.post('/password-resets/confirm', { token, new_password: 'words of the invited' })
    expect((await choose(invitation?.token)).status).toBe(400)
    expect((await choose(again?.token)).status).toBe(204)
    const owner = await closed.openSession({ email: account.email, password: 'words of the invited' })
    const user = await (await closed.me(owner.access_token)).json()
    expect(user).toMatchObject({ id, email_verified: true })
    // No notice of a changed password: there was none before.
    expect((await closed.mailbox(account.email)).map(({ kind }) => kind)).toEqual([
      'invitation',
      'invitation',
    ])
  })
})
