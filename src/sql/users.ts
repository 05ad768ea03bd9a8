import type { SQL } from 'drizzle-orm'
import { userRoles } from '../roles/schema.ts'
import type { users } from '../users/schema.ts'
import { permissionsOf } from './authority.ts'
import { type ColumnsOf, columnsOf } from './parts.ts'
import { sql } from './template.ts'

export type User = {
  id: number
  username: string
  email: string
  fullName: string
  /** Names in alphabetical order. */
  roles: string[]
  emailVerifiedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** Who acts: a user with what their roles permit, as stored now. */
export type Principal = User & { permissions: string[] }

type UserColumns = ColumnsOf<typeof users>

/**
 * The fields of a `User`; the password's hash is not among them.
 *
 * @param roles the names, if the statement itself writes them and so does not see them
 */
export function userFields(user: UserColumns, roles: SQL<string[]> = rolesOf(user.id)) {
  const { id, username, email, fullName, emailVerifiedAt, createdAt, updatedAt } = user
  return { id, username, email, fullName, roles, emailVerifiedAt, createdAt, updatedAt }
}

/** The fields of a `Principal`. */
export function principalFields(user: UserColumns) {
  return { ...userFields(user), permissions: permissionsOf(user.id) }
}

const own = columnsOf(userRoles, 'own')

function rolesOf(userId: SQL): SQL<string[]> {
  return sql`array(select ${own.roleName} from ${userRoles} own where ${own.userId} = ${userId} order by 1)`
}
