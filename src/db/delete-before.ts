import { type Column, sql, type Table } from 'drizzle-orm'
import { time } from '../sql/time.ts'
import type { Database } from './client.ts'
import { send } from './run.ts'

/** Which rows to delete: those from before a moment, the oldest first, at most so many. */
export type Before = { before: Date; limit: number }

/**
 * Deletes the oldest rows of a table. They are addressed by `ctid`, since by any key the planner would scan
 * the table for them. Rows that a request has locked are skipped until the next run: two statements that wait
 * for each other's rows are a deadlock, which fails one of them.
 *
 * @param age the column that says when; it needs an index
 * @returns how many were deleted
 */
export async function deleteBefore(
  db: Database,
  { table, age, before, limit }: Before & { table: Table; age: Column },
): Promise<number> {
  const { rowCount } = await send(
    db,
    sql`
      delete from ${table} where ctid = any(array(
        select ctid from ${table} where ${age} < ${time(before)}
        order by ${age} limit ${limit} for update skip locked
      ))`,
  )
  return rowCount
}
