import type { SQL } from 'drizzle-orm'
import { auditEvents } from '../audit/schema.ts'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { bare, list } from './parts.ts'
import { join, sql } from './template.ts'
import { time } from './time.ts'

/** One event of a statement, for every row of what it happened to. */
export type EventSource = {
  type: EventType
  /** Where the rows come from: `from …`, with a `where` if needed; may be empty for a single row. */
  from: SQL
  /** Columns or parameters of those rows; null where absent. */
  userId?: SQL
  actorId?: SQL
  sessionId?: SQL
  /** An expression of type jsonb. */
  details?: SQL
}

const COLUMNS = list(
  [
    auditEvents.occurredAt,
    auditEvents.type,
    auditEvents.userId,
    auditEvents.actorId,
    auditEvents.sessionId,
    auditEvents.ipAddress,
    auditEvents.userAgent,
    auditEvents.details,
  ].map(bare),
)

const NULL = sql`null`

/**
 * The insert that records events, for a part of the statement that does what they say: there is no event
 * without its act and no act without its event.
 */
export function recordEvents(
  { client, now }: { client: Client; now: Date },
  events: readonly EventSource[],
): SQL {
  const rows = events.map(
    ({ type, from, userId = NULL, actorId = NULL, sessionId = NULL, details = sql`'{}'` }) => sql`
      select ${time(now)}, ${type}::text, ${userId}::integer, ${actorId}::integer, ${sessionId}::uuid,
        ${client.address}::text, ${client.userAgent}::text, ${details}::jsonb
      ${from}`,
  )
  return sql`
    insert into ${auditEvents} (${COLUMNS})
    ${join(rows, ' union all ')}`
}

/** Nobody's request: what the schedule or an operator records. */
export const NO_CLIENT: Client = { address: null, network: '', widerNetworks: [], site: '', userAgent: null }
