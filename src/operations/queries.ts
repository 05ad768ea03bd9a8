import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

const MILLISECONDS = sql<number>`
  extract(epoch from current_setting('statement_timeout')::interval)::double precision * 1000`

/**
 * The cheapest query that succeeds only if the database works and has our tables.
 *
 * @returns the `statement_timeout` of our connections in milliseconds; 0: none
 */
export async function ping(db: Database): Promise<number> {
  const from = sql`from (select exists (select from ${users})) as answers`
  const [row] = await run(db, statement({}, { fields: { timeout: MILLISECONDS }, from }))
  if (typeof row?.timeout !== 'number') throw new Error('A probe has no answer')
  return row.timeout
}
