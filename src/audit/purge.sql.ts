import type { Database } from '../db/client.ts'
import { type Before, deleteBefore } from '../db/delete-before.ts'
import { auditEvents } from './schema.ts'

/** Deletes the oldest events. */
export function deleteOldEvents(db: Database, range: Before): Promise<number> {
  return deleteBefore(db, { table: auditEvents, age: auditEvents.occurredAt, ...range })
}
