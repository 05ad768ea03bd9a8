import { sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'

/**
 * The smallest question that only a working database with our tables in it answers.
 *
 * @returns after how many milliseconds the database ends a statement by itself; 0: never
 */
export async function ping(db: Database): Promise<number> {
  const { rows } = await db.execute<{ timeout: number }>(sql`
    select extract(epoch from current_setting('statement_timeout')::interval)::double precision * 1000 as timeout
    from (select exists (select from users)) as answers`)
  const [row] = rows
  if (typeof row?.timeout !== 'number') throw new Error('A probe has no answer')
  return row.timeout
}
