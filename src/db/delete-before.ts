import { sql } from 'drizzle-orm'
import { time } from '../sql/time.ts'
import type { Database } from './client.ts'
import type { PurgeRule } from './purge-rule.ts'

/** Which rows to delete: those whose time is before a moment, the oldest first, at most `limit`. */
export type Before = Pick<PurgeRule, 'table' | 'age'> & { before: Date; limit: number }

/**
 * Deletes the oldest rows of a table. It finds them by `ctid`: by a key, the planner would scan the whole table. It
 * skips rows that are locked: if two statements waited for each other's rows, one of them would fail.
 *
 * @returns how many were deleted
 */
export async function deleteBefore(db: Database, { table, age, before, limit }: Before): Promise<number> {
  const { rowCount } = await db.execute(sql`
    delete from ${table} where ctid = any(array(
      select ctid from ${table} where ${age} < ${time(before)}
      order by ${age} limit ${limit} for update skip locked
    ))`)
  return rowCount
}
