import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { rolePermissions, roles } from './schema.ts'

/** Permissions in alphabetical order. */
export type Role = { name: string; description: string; permissions: string[] }

/** All roles, by name. */
export async function selectRoles(db: Database): Promise<Role[]> {
  const permissions = permissionsOfRole(r.name)
  const fields = { name: r.name, description: r.description, permissions }
  return await run(db, statement({}, { fields, from: sql`from ${roles} r order by ${r.name}` }))
}

const r = columnsOf(roles, 'r')
const p = columnsOf(rolePermissions, 'p')

/** The permissions of a role, as an expression of type `text[]`, in alphabetical order. */
export function permissionsOfRole(name: SQL): SQL<string[]> {
  return sql`array(select ${p.permission} from ${rolePermissions} p where ${p.roleName} = ${name} order by 1)`
}
