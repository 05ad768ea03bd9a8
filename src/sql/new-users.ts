import type { SQL } from 'drizzle-orm'
import { DEFAULT_ROLE, rolePermissions, userRoles } from '../roles/schema.ts'
import { users } from '../users/schema.ts'
import { bare, columnsOf, insertInto } from './parts.ts'
import { sql } from './template.ts'
import { userFields } from './users.ts'

const u = columnsOf(users, 'u')
const granted = columnsOf(userRoles, 'granted')
const given = columnsOf(rolePermissions, 'given')

/** The columns of the part `created`: the row of a new user. */
export const created = columnsOf(users, 'created')

/** The part `taken`: whether somebody has the email address, and whether somebody has the username. */
export function findTaken({ username, email }: { username: string | null; email: string }): SQL {
  return sql`
    select exists (select from ${users} u where lower(${u.email}) = lower(${email})) as email,
      exists (select from ${users} u where lower(${u.username}) = lower(${username})) as username`
}

/** The part `granted`, beside `created`: the default role. */
export function grantDefaultRole(): SQL {
  const role = { userId: created.id, roleName: DEFAULT_ROLE }
  return sql`
    ${insertInto(userRoles, role, { from: sql`from created` })}
    returning ${bare(userRoles.roleName)}`
}

/**
 * The fields of a new user, with the roles and permissions of the part `granted`: the tables, as they were
 * when the statement began, don't have them.
 */
export function createdFields() {
  const roles = sql<string[]>`array(select ${granted.roleName} from granted)`
  const permissions = sql<string[]>`array(
    select ${given.permission} from granted join ${rolePermissions} given
    on ${given.roleName} = ${granted.roleName} order by 1)`
  return { ...userFields(created, roles), permissions }
}
