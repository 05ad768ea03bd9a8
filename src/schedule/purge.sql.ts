import type { Column, Table } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { bare, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'

/** Which rows to delete: at most `limit` whose time is before `before`, the oldest first. */
export type Before = { before: Date; limit: number }

/**
 * Deletes the oldest rows of a table. It addresses them by `ctid`: by any key, the planner would scan the
 * whole table. It skips rows that a request has locked and leaves them to the next run: waiting for them
 * could end in a deadlock, which fails one of the two.
 *
 * @param age the column with the time; it needs an index
 * @returns how many were deleted
 */
export async function deleteBefore(
  db: Database,
  { table, age, before, limit }: Before & { table: Table; age: Column },
): Promise<number> {
  const old = sql`
    select ctid from ${table} where ${bare(age)} < ${time(before)}
    order by ${bare(age)} limit ${limit} for update skip locked`
  const deletion = statement(
    { deleted: sql`delete from ${table} where ctid = any(array(${old})) returning 1` },
    { fields: { deleted: sql<number>`count(*)::integer` }, from: sql`from deleted` },
  )
  const [row] = await run(db, deletion)
  return row?.deleted ?? 0
}
