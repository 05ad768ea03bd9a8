import type { SQL } from 'drizzle-orm'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { DEFAULT_ROLE, rolePermissions, userRoles } from '../roles/schema.ts'
import { users } from '../users/schema.ts'
import { insertToken, isKept } from './one-time-tokens.ts'
import { bare, columnsOf, insertInto } from './parts.ts'
import { sql } from './template.ts'
import { userFields } from './users.ts'

const u = columnsOf(users, 'u')
const granted = columnsOf(userRoles, 'granted')
const given = columnsOf(rolePermissions, 'given')

/** The columns of the part `created`: the row of a new user. */
export const created = columnsOf(users, 'created')

/**
 * The part `taken`: whether the email address is an account's, or kept for one (`isKept`); and whether the
 * username is an account's.
 */
export function findTaken({ username, email }: { username: string | null; email: string }, now: Date): SQL {
  return sql`
    select exists (select from ${users} u where lower(${u.email}) = lower(${email}))
        or ${isKept({ email: sql`${email}`, now })} as email,
      exists (select from ${users} u where lower(${u.username}) = lower(${username})) as username`
}

/** The columns of the part `verification`. */
export const verification = columnsOf(oneTimeTokens, 'verification')

/** The part `verification`, beside `created`: the token that proves the address. */
export function insertVerificationToken(now: Date, purpose: 'email_verification' | 'invitation'): SQL {
  return insertToken({
    purpose,
    from: sql`from created`,
    user: created,
    now,
  })
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
