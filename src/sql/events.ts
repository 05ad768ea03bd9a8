import type { Placeholder, SQL } from 'drizzle-orm'
import { auditEvents } from '../audit/schema.ts'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { bare, list } from './parts.ts'
import { join, sql } from './template.ts'
import { type Moment, time } from './time.ts'

/** The fields of the client that an event stores. */
type Recorded = { [Name in 'address' | 'userAgent']: Client[Name] | Placeholder }

/** A type of event that a statement records, once for each row of `from`. */
export type EventSource = {
  type: EventType
  /** `from …`, with a `where` if needed; empty for one row. */
  from: SQL
  /** Columns of those rows, or parameters; omitted: null. */
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
 * The insert that records events. It is a part of the statement that acts, so that an event is recorded if
 * and only if its act was done.
 */
export function recordEvents(
  { client, now }: { client: Recorded; now: Moment },
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

/** The client of events that the schedule or an operator records. */
export const NO_CLIENT: Client = {
  address: null,
  network: '',
  widerNetworks: [],
  site: '',
  userAgent: null,
  language: 'en',
}
