import { index, integer, text, timestamp } from 'drizzle-orm/pg-core'
import { lumascope, time } from '../features/tables.ts'

/** The buckets of attempts, by the generic cell rate algorithm: one row a bucket, none if it is full. */
export const rateLimits = lumascope.table(
  'rate_limits',
  {
    /** The kind of bucket, and a keyed hash of whom it counts: never an address or an identifier itself. */
    key: text('key').primaryKey(),
    /**
     * When the bucket is full again, in microseconds: an attempt moves it by at least one. Written by every
     * attempt that is allowed.
     */
    theoreticalArrivalAt: timestamp('theoretical_arrival_at', { withTimezone: true }).notNull(),
    /** Attempts allowed since the row was inserted or a success reset it. Written by both. */
    attempts: integer('attempts').notNull().default(0),
    /**
     * When the row can be deleted: the bucket has been full for an hour, or the cookie of its device has
     * expired. Written by every attempt that is allowed.
     */
    expiresAt: time('expires_at').notNull(),
    /** When a refusal was last recorded, so that a flood of refusals is one event; null: never. */
    reportedAt: time('reported_at'),
  },
  // For the purge.
  (table) => [index('rate_limits_expires_at_index').on(table.expiresAt)],
)
