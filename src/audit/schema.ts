import { bigint, index, integer, jsonb, text, uuid } from 'drizzle-orm/pg-core'
import { lumascope, time } from '../features/tables.ts'

/**
 * Security events. Append-only: the statement that does what an event says writes its row, and only the
 * purge deletes it.
 */
export const auditEvents = lumascope.table(
  'audit_events',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    occurredAt: time('occurred_at').notNull(),
    /** One of `EVENTS` in `features.ts`, or a type of a feature that was removed. */
    type: text('type').notNull(),
    /** The user it is about; null: no account. Not a foreign key, since events outlive accounts. */
    userId: integer('user_id'),
    /** The user who did it; null: somebody who was not signed in. */
    actorId: integer('actor_id'),
    sessionId: uuid('session_id'),
    ipAddress: text('ip_address'),
    /** At most 256 characters. */
    userAgent: text('user_agent'),
    /** Never a secret, a token or a password. */
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
  },
  (table) => [
    // Each is read backwards, the newest first. The purge reads the last one, too.
    index('audit_events_user_id_occurred_at_index').on(table.userId, table.occurredAt, table.id),
    index('audit_events_actor_id_occurred_at_index').on(table.actorId, table.occurredAt, table.id),
    index('audit_events_type_occurred_at_index').on(table.type, table.occurredAt, table.id),
    index('audit_events_occurred_at_id_index').on(table.occurredAt, table.id),
  ],
)
