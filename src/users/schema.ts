import { type SQL, sql } from 'drizzle-orm'
import { check, index, integer, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { lumascope, time } from '../features/tables.ts'

/** The unique index of usernames; PostgreSQL's error names it. */
export const USERNAME_KEY = 'users_username_key'

export const users = lumascope.table(
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
    /**
     * Self-describing (`crypto/password.ts`); written by registering, password changes and upgrades at
     * sign-in. Null: the account has no password to sign in with.
     */
    passwordHash: text('password_hash'),
    /**
     * Wrong passwords since the last right one, without those of known devices and sessions, whose buckets
     * count them. One is forgiven every 7.2 hours after the last. At `MAX_CONSECUTIVE_FAILURES` of
     * `sql/lockout.ts` the account is locked.
     */
    consecutiveFailures: integer('consecutive_failures').notNull().default(0),
    /** When the last of them was counted; null: never. */
    lastFailedAt: time('last_failed_at'),
    /**
     * Raised by one to end all sessions and sign-ins under way, as with a new password; not when the same
     * password is hashed again. A sign-in fails if the number has changed since it began.
     */
    authVersion: integer('auth_version').notNull().default(1),
    /** Raised by every new password: devices that became known under an older one are no longer known. */
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
    uniqueIndex(USERNAME_KEY).on(sql`lower(${table.username})`),
    // For searches.
    ...Object.entries(searchKeys(table)).map(([name, key]) =>
      index(`users_${name}_search`).on(key, table.id),
    ),
    // For pages of accounts of one status, however few they are.
    index('users_status_index').on(accountStatus(table.disabledAt), table.id),
  ],
)

/**
 * The keys that a search compares by prefix, each with an index. In the order of bytes: in a language's own
 * order, keys with the same prefix need not stand together.
 */
export function searchKeys({ username, email, fullName }: Record<'username' | 'email' | 'fullName', object>) {
  return {
    username: inBytes(sql`${username}`),
    email: inBytes(sql`${email}`),
    full_name: inBytes(sql`${fullName}`),
    last_name: inBytes(sql`split_part(${fullName}, ' ', -1)`),
    // With its @.
    domain: inBytes(sql`substr(${email}, strpos(${email}, '@'))`),
  }
}

function inBytes(key: SQL): SQL {
  return sql`(lower(${key}) collate "C")`
}

/** `active` or `disabled`, as an expression that has an index. */
export function accountStatus(disabledAt: object): SQL {
  return sql`(case when ${disabledAt} is null then 'active' else 'disabled' end)`
}
