import { type SQL, sql } from 'drizzle-orm'
import { time } from '../sql/time.ts'
import type { Database } from './client.ts'

/** Which rows to delete: those whose time lies before a moment, the oldest first, so many at most. */
export type Before = { before: Date; limit: number }

/**
 * Deletes the oldest rows of a table. They are addressed by where they are, since by any key the planner would scan
 * the table for them; and rows that a request holds at the moment are left for another time, as two statements that
 * wait for each other's rows would fail one of them.
 *
 * @param age the column that says when; it needs an index
 * @returns how many were deleted
 */
export async function deleteBefore(
  db: Database,
  { table, age, before, limit }: Before & { table: SQL; age: SQL },
): Promise<number> {
  const { rowCount } = await db.execute(sql`
    delete from ${table} where ctid = any(array(
      select ctid from ${table} where ${age} < ${time(before)}
      order by ${age} limit ${limit} for update skip locked
    ))`)
  return rowCount
}
