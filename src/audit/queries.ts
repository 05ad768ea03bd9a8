import { sql } from 'drizzle-orm'
import type { EventType } from '../db/audit-event.ts'
import type { Database } from '../db/client.ts'
import { type Before, deleteBefore } from '../db/delete-before.ts'
import { time } from '../db/time.ts'

export type SecurityEvent = {
  id: number
  occurredAt: Date
  type: EventType
  userId: number | null
  actorId: number | null
  sessionId: string | null
  ipAddress: string | null
  userAgent: string | null
  details: Record<string, unknown>
}

type SecurityEventRow = Omit<SecurityEvent, 'id' | 'occurredAt'> & { id: string; occurredAt: string }

/** Which events; what is absent is not asked about. Each has an index, in the order of the list. */
export type EventFilter = {
  type?: EventType
  userId?: number
  actorId?: number
  /** Included. */
  since?: Date
  /** Not included. */
  until?: Date
}

/** Where a page ends. */
export type EventPosition = Pick<SecurityEvent, 'occurredAt' | 'id'>

/** The newest first. */
export async function listEvents(
  db: Database,
  {
    type,
    userId,
    actorId,
    since,
    until,
    after,
    limit,
  }: EventFilter & { after: EventPosition | null; limit: number },
): Promise<SecurityEvent[]> {
  const conditions = [
    type !== undefined && sql`type = ${type}`,
    userId !== undefined && sql`user_id = ${userId}`,
    actorId !== undefined && sql`actor_id = ${actorId}`,
    since && sql`occurred_at >= ${time(since)}`,
    until && sql`occurred_at < ${time(until)}`,
    after && sql`(occurred_at, id) < (${time(after.occurredAt)}, ${after.id}::bigint)`,
  ].filter((condition) => condition !== false && condition !== undefined && condition !== null)
  const { rows } = await db.execute<SecurityEventRow>(sql`
    select id, occurred_at as "occurredAt", type, user_id as "userId", actor_id as "actorId",
      session_id as "sessionId", ip_address as "ipAddress", user_agent as "userAgent", details
    from audit_events where ${sql.join([sql`true`, ...conditions], sql` and `)}
    order by occurred_at desc, id desc limit ${limit}`)
  return rows.map((row) => ({ ...row, id: Number(row.id), occurredAt: new Date(row.occurredAt) }))
}

/** Deletes events by when they happened. */
export function deleteOldEvents(db: Database, range: Before): Promise<number> {
  return deleteBefore(db, { table: sql`audit_events`, age: sql`occurred_at`, ...range })
}
