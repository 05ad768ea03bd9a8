import { index, integer, primaryKey, text } from 'drizzle-orm/pg-core'
import { lumascope } from '../features/tables.ts'
import { users } from '../users/schema.ts'

/** Built in, with every permission. Once an enabled user has it, there is always one who does. */
export const ADMIN_ROLE = 'admin'

/** Built in; given to everybody who registers. */
export const DEFAULT_ROLE = 'user'

/** The names that a role can have. Paths, queries and tokens contain them. */
export const ROLE_NAME = /^[a-z][a-z0-9_-]{0,31}$/

export const roles = lumascope.table('roles', {
  /** Tokens and payloads contain it. `user` and `admin` are built in, by migration. */
  name: text('name').primaryKey(),
  /** For administrators to read. */
  description: text('description').notNull(),
})

/** The permissions of roles. `admin` has every one, by migration. */
export const rolePermissions = lumascope.table(
  'role_permissions',
  {
    roleName: text('role_name')
      .notNull()
      .references(() => roles.name, { onDelete: 'cascade' }),
    /** One of `PERMISSIONS` in `features.ts`. */
    permission: text('permission').notNull(),
  },
  (table) => [primaryKey({ columns: [table.roleName, table.permission] })],
)

export const userRoles = lumascope.table(
  'user_roles',
  {
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** A role that somebody has can't be deleted. */
    roleName: text('role_name')
      .notNull()
      .references(() => roles.name, { onDelete: 'restrict' }),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.roleName] }),
    // Lists the holders of a role, page by page.
    index('user_roles_role_name_user_id_index').on(table.roleName, table.userId),
  ],
)
