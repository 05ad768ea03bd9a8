import type { SQL } from 'drizzle-orm'
import { accountStatus, type users } from '../users/schema.ts'
import type { ColumnsOf } from './parts.ts'
import { sql } from './template.ts'
import { type User, userFields } from './users.ts'

export type Status = 'active' | 'disabled'

/** An account, as administrators see it. */
export type AdminUser = User & { status: Status; lastLoginAt: Date | null; disabledReason: string | null }

/**
 * The fields of an `AdminUser`.
 *
 * @param roles the names, if the statement itself writes them and so does not see them
 */
export function adminUserFields(user: ColumnsOf<typeof users>, roles?: SQL<string[]>) {
  const { disabledAt, lastLoginAt, disabledReason } = user
  const status = sql<Status>`${accountStatus(disabledAt)}`
  return { ...userFields(user, roles), status, lastLoginAt, disabledReason }
}
