import { type SQL, sql } from 'drizzle-orm'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { time } from './time.ts'

/** One event of a statement, for every row of what it happened to. */
export type EventSource = {
  type: EventType
  /** Where the rows are: `from …`, with a `where` where it takes one. */
  from: SQL
  /** Columns or parameters of those rows; null where absent. */
  userId?: SQL
  actorId?: SQL
  sessionId?: SQL
  /** An expression of type jsonb. */
  details?: SQL
}

/**
 * The insert that puts events on record, for a CTE of the statement that does what they say: there is no event
 * without its act and no act without its event.
 */
export function recordEvents(
  { client, now }: { client: Client; now: Date },
  events: readonly EventSource[],
): SQL {
  const rows = events.map(
    ({ type, from, userId, actorId, sessionId, details }) => sql`
      select ${time(now)}, ${type}::text, ${userId ?? sql`null`}::integer, ${actorId ?? sql`null`}::integer,
        ${sessionId ?? sql`null`}::uuid, ${client.address}::text, ${client.userAgent}::text,
        ${details ?? sql`'{}'`}::jsonb
      ${from}`,
  )
  return sql`
    insert into audit_events
      (occurred_at, type, user_id, actor_id, session_id, ip_address, user_agent, details)
    ${sql.join(rows, sql` union all `)}`
}
