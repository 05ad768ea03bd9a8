import { sql } from 'drizzle-orm'
import {
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

/** A point in time, to the millisecond: what JavaScript can hold, so that comparisons are exact. */
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

export const users = pgTable(
  'users',
  {
    /** Given by the database; an import may bring its own. Never used again after a deletion. */
    id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
    /** 3-32 of `A-Za-z0-9._-`, as the person typed it; unique ignoring case. */
    username: text('username').notNull(),
    /** Lower case, at most 254 characters; unique. */
    email: text('email').notNull(),
    /** 1-100 code points. */
    fullName: text('full_name').notNull(),
    /** Self-describing (`crypto/password.ts`); written by registering and by upgrades at sign-in. */
    passwordHash: text('password_hash').notNull(),
    /**
     * Goes up by one whenever what was begun before must come to nothing, as with a new password; not when the
     * same password is hashed anew. A sign-in that read another number than it finds when it completes fails.
     */
    authVersion: integer('auth_version').notNull().default(1),
    /** When the address was last proven; null: never. */
    emailVerifiedAt: time('email_verified_at'),
    /** Null: enabled. */
    disabledAt: time('disabled_at'),
    /** For administrators; never shown to the person. */
    disabledReason: text('disabled_reason'),
    /** Written by every successful sign-in. */
    lastLoginAt: time('last_login_at'),
    createdAt: time('created_at').notNull(),
    /** Of the profile (username, email, name, roles) and the password; not of sign-ins. */
    updatedAt: time('updated_at').notNull(),
  },
  (table) => [
    // 0 stands for nobody; an import can't bring it.
    check('users_id_positive', sql`${table.id} > 0`),
    uniqueIndex('users_email_key').on(sql`lower(${table.email})`),
    uniqueIndex('users_username_key').on(sql`lower(${table.username})`),
  ],
)

export const roles = pgTable('roles', {
  /** Also what tokens and payloads carry. `user` and `admin` are built in, by migration. */
  name: text('name').primaryKey(),
  /** For people. */
  description: text('description').notNull(),
})

export const userRoles = pgTable(
  'user_roles',
  {
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** A role that somebody holds can't be deleted. */
    roleName: text('role_name')
      .notNull()
      .references(() => roles.name, { onDelete: 'restrict' }),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.roleName] }),
    index('user_roles_role_name_index').on(table.roleName),
  ],
)

/**
 * One row from a sign-in to its end, however often its tokens are refreshed. It is live while it is neither
 * revoked nor expired, its `auth_version` is the user's, and the user is enabled.
 */
export const sessions = pgTable(
  'sessions',
  {
    /** Random, given by the application; an identifier, never a secret. */
    id: uuid('id').primaryKey(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The user's at the sign-in: raising the user's ends every session at once. */
    authVersion: integer('auth_version').notNull(),
    /** Which refresh token is the current one, counted from 0; written by refreshing. */
    generation: integer('generation').notNull().default(0),
    /** When the current refresh token replaced its predecessor; null: there was none. */
    rotatedAt: time('rotated_at'),
    createdAt: time('created_at').notNull(),
    /** Of the sign-in or the last refresh; access tokens leave no trace here. */
    lastUsedAt: time('last_used_at').notNull(),
    /** When the session ends unless it is refreshed; never after `expires_at`. */
    idleExpiresAt: time('idle_expires_at').notNull(),
    /** When the session ends whatever happens; never changes. */
    expiresAt: time('expires_at').notNull(),
    /** Null: not revoked. */
    revokedAt: time('revoked_at'),
    /** `signed_out`, `replayed`, `ended`; for people who look into the table. */
    revokedReason: text('revoked_reason'),
    /** Of the sign-in. */
    ipAddress: text('ip_address'),
    /** Of the sign-in, at most 256 characters. */
    userAgent: text('user_agent'),
  },
  (table) => [
    index('sessions_user_id_index').on(table.userId),
    // What the purge looks for.
    index('sessions_idle_expires_at_index').on(table.idleExpiresAt),
  ],
)
