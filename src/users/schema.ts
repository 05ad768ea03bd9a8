import { type SQL, sql } from 'drizzle-orm'
import { check, index, integer, jsonb, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { lumascope, time } from '../features/tables.ts'

/** The unique index of usernames; PostgreSQL's error names it. */
export const USERNAME_KEY = 'users_username_key'
/** The unique index of email addresses. */
export const EMAIL_KEY = 'users_email_key'

/** What an application keeps with a person: a JSON object. */
export type Metadata = Readonly<Record<string, unknown>>

/** The most bytes of `user_metadata` and of `app_metadata`: of JSON in UTF-8 without white space. */
export const MAX_METADATA_BYTES = 4096

/** The most objects and arrays inside each other, the outermost included. */
export const MAX_METADATA_DEPTH = 8

const metadata = (name: string) => jsonb(name).$type<Metadata>().notNull().default({})

// There is no column that says which accounts are people. A service account has no address and no password,
// signs in by no route of these and is in no list of people: it will be a row of a table of its own.
export const users = lumascope.table(
  'users',
  {
    /** Given by the database; an import may bring its own. Never used again after a deletion. */
    id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
    /** 3-32 of `A-Za-z0-9._-`, as the person typed it; unique ignoring case. Null: none. */
    username: text('username'),
    /** Lower case, at most 254 characters; unique. */
    email: text('email').notNull(),
    /** 1-100 code points. Null: none. */
    fullName: text('full_name'),
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
    /**
     * Written by the person, for the application: 4 KiB of JSON at most. Never decide by it what they may
     * do.
     */
    userMetadata: metadata('user_metadata'),
    /** Written by administrators and operators, and read by the person: 4 KiB of JSON at most. */
    appMetadata: metadata('app_metadata'),
    /** Null: enabled. */
    disabledAt: time('disabled_at'),
    /** For administrators; never shown to the person. */
    disabledReason: text('disabled_reason'),
    /** Written by every successful sign-in. */
    lastLoginAt: time('last_login_at'),
    createdAt: time('created_at').notNull(),
    /**
     * Of the profile (username, email, name, roles, metadata), the status and the password; not of sign-ins.
     */
    updatedAt: time('updated_at').notNull(),
  },
  (table) => [
    // 0 stands for nobody; an import can't bring it.
    check('users_id_positive', sql`${table.id} > 0`),
    uniqueIndex(EMAIL_KEY).on(sql`lower(${table.email})`),
    uniqueIndex(USERNAME_KEY).on(sql`lower(${table.username})`),
    // For searches.
    ...Object.entries(searchKeys(table)).map(([name, key]) =>
      index(`users_${name}_search`).on(key, table.id),
    ),
    check('users_user_metadata_object', isObject(table.userMetadata)),
    check('users_app_metadata_object', isObject(table.appMetadata)),
    // For lists of accounts that have one member of a certain value: what `hasMember` of `sql/metadata.ts`
    // asks.
    index('users_app_metadata_index').using('gin', table.appMetadata.op('jsonb_path_ops')),
    // For pages of accounts of one status, however few they are.
    index('users_status_index').on(accountStatus(table.disabledAt), table.id),
  ],
)

function isObject(column: object): SQL {
  return sql`jsonb_typeof(${column}) = 'object'`
}

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
