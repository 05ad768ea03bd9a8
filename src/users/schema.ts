import { type SQL, sql } from 'drizzle-orm'
import { check, index, integer, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { lumascope, time } from '../features/tables.ts'

/** The index that decides about usernames; PostgreSQL names it in its error. */
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
     * Self-describing (`crypto/password.ts`); written by registering and by upgrades at sign-in. Null: nobody
     * signs in with a password.
     */
    passwordHash: text('password_hash'),
    /**
     * Wrong passwords since the last right one, other than those of known devices and sessions, which count
     * for themselves. One is forgiven every 7.2 hours after the last; at the maximum of `sql/lockout.ts` the
     * account is locked.
     */
    consecutiveFailures: integer('consecutive_failures').notNull().default(0),
    /** When the last of them was counted; null: never. */
    lastFailedAt: time('last_failed_at'),
    /**
     * Goes up by one whenever what was begun before must come to nothing, as with a new password; not when
     * the same password is hashed anew. A sign-in that read another number than it finds when it completes
     * fails.
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
    uniqueIndex(USERNAME_KEY).on(sql`lower(${table.username})`),
    // What a search reads, each in order.
    ...Object.entries(searchKeys(table)).map(([name, key]) =>
      index(`users_${name}_search`).on(key, table.id),
    ),
    // Accounts of one status, by pages: whatever part of all they are.
    index('users_status_index').on(accountStatus(table.disabledAt), table.id),
  ],
)

/**
 * What a search compares the beginning of, each with an index. In the order of bytes, since a language's own
 * does not keep those together that begin alike.
 */
export function searchKeys({ username, email, fullName }: Record<'username' | 'email' | 'fullName', object>) {
  return {
    username: inBytes(sql`${username}`),
    email: inBytes(sql`${email}`),
    full_name: inBytes(sql`${fullName}`),
    last_name: inBytes(sql`split_part(${fullName}, ' ', -1)`),
    // From its @ on.
    domain: inBytes(sql`substr(${email}, strpos(${email}, '@'))`),
  }
}

function inBytes(text: SQL): SQL {
  return sql`(lower(${text}) collate "C")`
}

/** `active` or `disabled`, as an expression that has an index. */
export function accountStatus(disabledAt: object): SQL {
  return sql`(case when ${disabledAt} is null then 'active' else 'disabled' end)`
}
