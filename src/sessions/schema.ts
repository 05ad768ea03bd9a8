import { index, integer, text, uuid } from 'drizzle-orm/pg-core'
import { lumascope, time } from '../features/tables.ts'
import { users } from '../users/schema.ts'

/**
 * One row from a sign-in to its end, however often its tokens are refreshed. It is live while it is neither
 * revoked nor expired, its `auth_version` is not below the user's, and the user is enabled.
 */
export const sessions = lumascope.table(
  'sessions',
  {
    /** Random, given by the application; an identifier, never a secret. */
    id: uuid('id').primaryKey(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The user's at the sign-in. Raising the user's ends every session at once. */
    authVersion: integer('auth_version').notNull(),
    /** Which refresh token is the current one, counted from 0; written by refreshing. */
    generation: integer('generation').notNull().default(0),
    /**
     * When the tokens before the current one were replaced, the latest first; only those that can still be in
     * grace, 64 at most. Null: there was none. Written by refreshing.
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
    /** `signed_out`, `replayed`, `ended`, `evicted` or `replaced`; for people who read the table. */
    revokedReason: text('revoked_reason'),
    /** Of the sign-in. */
    ipAddress: text('ip_address'),
    /** Of the sign-in, at most 256 characters. */
    userAgent: text('user_agent'),
  },
  (table) => [
    // By a time that never changes, so that a refresh has nothing to write here.
    index('sessions_user_id_created_at_index').on(table.userId, table.createdAt),
    // For the purge.
    index('sessions_idle_expires_at_index').on(table.idleExpiresAt),
  ],
)
