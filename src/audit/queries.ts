import { sql } from 'drizzle-orm'
import type { EventType } from '../db/audit-event.ts'
import type { Database } from '../db/client.ts'
import { type Before, deleteBefore } from '../db/delete-before.ts'

export type SecurityEvent = {
  id: number
  occurredAt: Date
  type: EventType
  sessionId: string | null
  ipAddress: string | null
  userAgent: string | null
  details: Record<string, unknown>
}

type SecurityEventRow = Omit<SecurityEvent, 'id' | 'occurredAt'> & { id: string; occurredAt: string }

/** The events of one user, the newest first. */
export async function listEvents(
  db: Database,
  { userId, before, limit }: { userId: number; before: number | null; limit: number },
): Promise<SecurityEvent[]> {
  const { rows } = await db.execute<SecurityEventRow>(sql`
    select id, occurred_at as "occurredAt", type, session_id as "sessionId", ip_address as "ipAddress",
      user_agent as "userAgent", details
    from audit_events where user_id = ${userId} and (${before}::bigint is null or id < ${before}::bigint)
    order by id desc limit ${limit}`)
  return rows.map((row) => ({ ...row, id: Number(row.id), occurredAt: new Date(row.occurredAt) }))
}

/** Deletes events by when they happened. */
export function deleteOldEvents(db: Database, range: Before): Promise<number> {
  return deleteBefore(db, { table: sql`audit_events`, age: sql`occurred_at`, ...range })
}
