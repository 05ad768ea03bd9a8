import type { SQL } from 'drizzle-orm'
import { userRoles } from '../roles/schema.ts'
import type { Metadata, users } from '../users/schema.ts'
import { permissionsOf } from './authority.ts'
import { type ColumnsOf, columnsOf } from './parts.ts'
import { sql } from './template.ts'

export type User = {
  id: number
  /** `null`: the account has none; the deployment does not ask for it, or did not. */
  username: string | null
  email: string
  /** `null`: as `username`. */
  fullName: string | null
  /** Their names, in alphabetical order. */
  roles: string[]
  emailVerifiedAt: Date | null
  userMetadata: Metadata
  appMetadata: Metadata
  createdAt: Date
  updatedAt: Date
}

/** A user with the permissions that their roles have now. */
export type Principal = User & { permissions: string[] }

type UserColumns = ColumnsOf<typeof users>

/**
 * The fields of a `User`; the password's hash is not among them.
 *
 * @param roles their names, if the statement itself changes them: a subquery would read the old ones
 */
export function userFields(user: UserColumns, roles: SQL<string[]> = rolesOf(user.id)) {
  const { id, username, email, fullName, emailVerifiedAt } = user
  const { userMetadata, appMetadata, createdAt, updatedAt } = user
  const shown = { id, username, email, fullName, roles, emailVerifiedAt }
  return { ...shown, userMetadata, appMetadata, createdAt, updatedAt }
}

/** The fields of a `Principal`. */
export function principalFields(user: UserColumns) {
  return { ...userFields(user), permissions: permissionsOf(user.id) }
}

const own = columnsOf(userRoles, 'own')

function rolesOf(userId: SQL): SQL<string[]> {
  return sql`array(select ${own.roleName} from ${userRoles} own where ${own.userId} = ${userId} order by 1)`
}
