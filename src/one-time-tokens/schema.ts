import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, text, uuid } from 'drizzle-orm/pg-core'
import type { Purpose } from '../crypto/one-time-token.ts'
import { lumascope, time } from '../features/tables.ts'
import { users } from '../users/schema.ts'

/**
 * Permissions to do one thing once, which are sent by mail. The token itself is not here: it is made of the
 * row's id and a key that only the application has (`crypto/one-time-token.ts`).
 */
export const oneTimeTokens = lumascope.table(
  'one_time_tokens',
  {
    /** Random, given by the database; an identifier, never a secret. */
    id: uuid('id').primaryKey().defaultRandom(),
    /**
     * The order in which tokens were made, given by the database: the clocks of two instances differ, and a
     * newer token must not be the older one by them.
     */
    number: bigint('number', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    purpose: text('purpose').$type<Purpose>().notNull(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /**
     * The address that it was sent to, and that it proves: the account's own, the one that is to be the
     * account's (`email_change`), or the one before a change (`email_undo`).
     */
    email: text('email').notNull(),
    /** The account's when the token was made: a new password ends older tokens, but for `email_undo`. */
    passwordVersion: integer('password_version').notNull(),
    /**
     * Whether the owner of the account's address had proven it when the token was made: of `email_undo`,
     * whether the old one is to be kept, and what was stored by then is to stay.
     */
    isProven: boolean('is_proven').notNull(),
    createdAt: time('created_at').notNull(),
    expiresAt: time('expires_at').notNull(),
    /** When it, or another one that ended it, was used; null: not yet. */
    consumedAt: time('consumed_at'),
  },
  (table) => [
    // For the newest one of a purpose.
    index('one_time_tokens_user_id_index').on(table.userId, table.purpose, table.number),
    // An address that was changed is kept for its owner while the change can be undone.
    index('one_time_tokens_kept_address_index')
      .on(sql`lower(${table.email})`)
      .where(sql`${table.purpose} = 'email_undo' and ${table.consumedAt} is null`),
    // For the purge.
    index('one_time_tokens_expires_at_index').on(table.expiresAt),
  ],
)
