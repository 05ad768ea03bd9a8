import { index, integer, text, timestamp } from 'drizzle-orm/pg-core'
import { lumascope, time } from '../features/tables.ts'

/**
 * What attempts are left, by the generic cell rate algorithm: one row a budget in use, none for a full one.
 */
export const rateLimits = lumascope.table(
  'rate_limits',
  {
    /** Which budget, and a keyed hash of whose: never an address or an identifier itself. */
    key: text('key').primaryKey(),
    /**
     * When the budget is full again, to the microsecond: a limit of a million a second moves it by one.
     * Written by every attempt that is let through.
     */
    theoreticalArrivalAt: timestamp('theoretical_arrival_at', { withTimezone: true }).notNull(),
    /** How many were let through since the row began, which a success ends. */
    attempts: integer('attempts').notNull().default(0),
    /**
     * From when on it says nothing any more: full for an hour, or a device's cookie is past. Written with the
     * former.
     */
    expiresAt: time('expires_at').notNull(),
    /** When a refusal was last put on record, so that a flood of them is one event; null: never. */
    reportedAt: time('reported_at'),
  },
  // What the purge looks for.
  (table) => [index('rate_limits_expires_at_index').on(table.expiresAt)],
)
