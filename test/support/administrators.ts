import type { Bearer } from './requests-as.ts'
import type { createTestApp } from './test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

let roles = 0

/** People with rights, and requests as them. */
export function administratorsOf({ database, register, openSession, as }: App) {
  /** Gives somebody roles past the API, as whoever operates the database could. */
  const give = async (id: number, ...names: string[]) => {
    for (const name of names)
      await database.sql(
        'insert into user_roles (user_id, role_name) values ($1, $2) on conflict do nothing',
        [id, name],
      )
  }
  /** A role of its own with just these permissions; its name. */
  const createRole = async (...permissions: string[]) => {
    roles++
    const name = `role-${roles}`
    await database.sql('insert into roles (name, description) values ($1, $1)', [name])
    for (const permission of permissions)
      await database.sql('insert into role_permissions (role_name, permission) values ($1, $2)', [
        name,
        permission,
      ])
    return name
  }
  /** Somebody new with these roles beside `user`, who is signed in. */
  const appoint = async (...names: string[]) => {
    const person = await register()
    await give(person.id, ...names)
    return { ...person, ...(await openSession(person)) }
  }
  /** Somebody new with just these permissions, who is signed in. */
  const allow = async (...permissions: string[]) => await appoint(await createRole(...permissions))
  /** Sends a request as somebody; the answer with its body parsed. */
  const ask = async (bearer: Bearer, ...request: [method: string, path: string, body?: unknown]) => {
    const response = await as(bearer).send(...request)
    const text = await response.text()
    type Answer = Record<string, unknown> & { items: Record<string, unknown>[]; next_cursor: string | null }
    return {
      status: response.status,
      headers: response.headers,
      body: (text ? JSON.parse(text) : null) as Answer,
    }
  }
  return { give, createRole, appoint, allow, ask }
}
