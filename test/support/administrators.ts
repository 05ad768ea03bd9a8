import type { Bearer } from './requests-as.ts'
import type { createTestApp } from './test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

let roles = 0

/** People with roles and permissions, and requests as them. */
export function administratorsOf({ database, register, openSession, as }: App) {
  /** Assigns roles in the database, without the API and its rules. */
  const give = async (id: number, ...names: string[]) => {
    for (const name of names)
      await database.sql(
        'insert into user_roles (user_id, role_name) values ($1, $2) on conflict do nothing',
        [id, name],
      )
  }
  /** Creates a role with these permissions and returns its name. */
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
  /** A new person with these roles and `user`, signed in. */
  const appoint = async (...names: string[]) => {
    const person = await register()
    await give(person.id, ...names)
    return { ...person, ...(await openSession(person)) }
  }
  /** A new person with these permissions, signed in. */
  const allow = async (...permissions: string[]) => await appoint(await createRole(...permissions))
  /** Sends a request with an access token and parses the response's body. */
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
