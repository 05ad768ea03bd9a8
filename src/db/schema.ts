import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { accountStatus, searchKeys } from '../administration/search-users.sql.ts'

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
    /** Self-describing (`crypto/password.ts`); written by registering and by upgrades at sign-in. Null: nobody signs in with a password. */
    passwordHash: text('password_hash'),
    /**
     * Wrong passwords since the last right one, other than those of known devices and sessions, which count for
     * themselves. One is forgiven every 7.2 hours after the last; at the maximum of `limits/queries.ts` no password is
     * right any more.
     */
    consecutiveFailures: integer('consecutive_failures').notNull().default(0),
    /** When the last of them was counted; null: never. */
    lastFailedAt: time('last_failed_at'),
    /**
     * Goes up by one whenever what was begun before must come to nothing, as with a new password; not when the
     * same password is hashed anew. A sign-in that read another number than it finds when it completes fails.
     */
    authVersion: integer('auth_version').notNull().default(1),
    /** Goes up with every new password: browsers that were known by an older one are so no more. */
    passwordVersion: integer('password_version').notNull().default(1),
    /** When the address was last proven; null: never. */
    emailVerifiedAt: time('email_verified_at'),
    /** Null: enabled. */
    disabledAt: time('disabled_at'),
    /** For administrators; never shown to the person. */
    disabledReason: text('disabled_reason'),
    /** Written by every successful sign-in. */
    lastLoginAt: time('last_login_at'),
    createdAt: time('created_at').notNull(),
    /** Of the profile (username, email, name, roles), the status and the password; not of sign-ins. */
    updatedAt: time('updated_at').notNull(),
  },
  (table) => [
    // 0 stands for nobody; an import can't bring it.
    check('users_id_positive', sql`${table.id} > 0`),
    uniqueIndex('users_email_key').on(sql`lower(${table.email})`),
    uniqueIndex('users_username_key').on(sql`lower(${table.username})`),
    // What a search reads, each in order.
    ...Object.entries(searchKeys(table)).map(([name, key]) =>
      index(`users_${name}_search`).on(key, table.id),
    ),
    // Accounts of one status, by pages: whatever part of all they are.
    index('users_status_index').on(accountStatus(table.disabledAt), table.id),
  ],
)

export const roles = pgTable('roles', {
  /** Also what tokens and payloads carry. `user` and `admin` are built in, by migration. */
  name: text('name').primaryKey(),
  /** For people. */
  description: text('description').notNull(),
})

/** What a role may do. `admin` has every permission, by migration. */
export const rolePermissions = pgTable(
  'role_permissions',
  {
    roleName: text('role_name')
      .notNull()
      .references(() => roles.name, { onDelete: 'cascade' }),
    /** One of `PERMISSIONS` in `permissions.ts`. */
    permission: text('permission').notNull(),
  },
  (table) => [primaryKey({ columns: [table.roleName, table.permission] })],
)

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
    // Who has a role, by pages.
    index('user_roles_role_name_user_id_index').on(table.roleName, table.userId),
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
    /**
     * When the tokens before the current one were replaced, the latest first; only what can still be asked about, 16 at
     * most. Null: there was none. Written by refreshing.
     */
    replacedAt: time('replaced_at').array(),
    createdAt: time('created_at').notNull(),
    /** Of the sign-in or the last refresh; access tokens leave no trace here. */
    lastUsedAt: time('last_used_at').notNull(),
    /** When the session ends unless it is refreshed; never after `expires_at`. */
    idleExpiresAt: time('idle_expires_at').notNull(),
    /** When the session ends whatever happens; never changes. */
    expiresAt: time('expires_at').notNull(),
    /** Null: not revoked. */
    revokedAt: time('revoked_at'),
    /** `signed_out`, `replayed`, `ended`, `evicted`, `replaced`; for people who look into the table. */
    revokedReason: text('revoked_reason'),
    /** Of the sign-in. */
    ipAddress: text('ip_address'),
    /** Of the sign-in, at most 256 characters. */
    userAgent: text('user_agent'),
  },
  (table) => [
    // By the age that never changes, so that a refresh leaves the index alone.
    index('sessions_user_id_created_at_index').on(table.userId, table.createdAt),
    // What the purge looks for.
    index('sessions_idle_expires_at_index').on(table.idleExpiresAt),
  ],
)

/** What attempts are left, by the generic cell rate algorithm: one row a budget in use, none for a full one. */
export const rateLimits = pgTable(
  'rate_limits',
  {
    /** Which budget, and a keyed hash of whose: never an address or an identifier itself. */
    key: text('key').primaryKey(),
    /**
     * When the budget is full again, to the microsecond: a limit of a million a second moves it by one. Written by
     * every attempt that is let through.
     */
    theoreticalArrivalAt: timestamp('theoretical_arrival_at', { withTimezone: true }).notNull(),
    /** How many were let through since the row began, which a success ends. */
    attempts: integer('attempts').notNull().default(0),
    /** From when on it says nothing any more: full for an hour, or a device's cookie is past. Written with the former. */
    expiresAt: time('expires_at').notNull(),
    /** When a refusal was last put on record, so that a flood of them is one event; null: never. */
    reportedAt: time('reported_at'),
  },
  // What the purge looks for.
  (table) => [index('rate_limits_expires_at_index').on(table.expiresAt)],
)

/** What happened to accounts. Append-only: rows are written with what they record, and deleted by age alone. */
export const auditEvents = pgTable(
  'audit_events',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    occurredAt: time('occurred_at').notNull(),
    /** One of `EVENT_TYPES` in `sql/events.ts`. */
    type: text('type').notNull(),
    /** Whom it is about; null: no account. No foreign key, since it outlives the account. */
    userId: integer('user_id'),
    /** Who did it; null: somebody who was not signed in. */
    actorId: integer('actor_id'),
    sessionId: uuid('session_id'),
    ipAddress: text('ip_address'),
    /** At most 256 characters. */
    userAgent: text('user_agent'),
    /** Never a secret, a token or a password. */
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
  },
  (table) => [
    // Each is read backwards, the newest first; the last one is what the purge looks for, too.
    index('audit_events_user_id_occurred_at_index').on(table.userId, table.occurredAt, table.id),
    index('audit_events_actor_id_occurred_at_index').on(table.actorId, table.occurredAt, table.id),
    index('audit_events_type_occurred_at_index').on(table.type, table.occurredAt, table.id),
    index('audit_events_occurred_at_id_index').on(table.occurredAt, table.id),
  ],
)
