import type { Column, Table } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { send } from '../db/run.ts'
import { bare } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'

/** Which rows to delete: those whose time lies before a moment, the oldest first, at most so many. */
export type Before = { before: Date; limit: number }

/**
 * Deletes the oldest rows of a table. They are addressed by where they are (`ctid`), since by any key the
 * planner would scan the table for them; and rows that a request has locked are left for another time, as two
 * statements that wait for each other's rows would fail one of them.
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
    sql`delete from ${table} where ctid = any(array(
      select ctid from ${table} where ${bare(age)} < ${time(before)}
      order by ${bare(age)} limit ${limit} for update skip locked
    ))`,
  )
  return rowCount
}
