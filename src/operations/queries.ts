import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { outbox } from '../outbox/schema.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { users } from '../users/schema.ts'

const MILLISECONDS = sql<number>`
  extract(epoch from current_setting('statement_timeout')::interval)::double precision * 1000`

/** A higher count would tell an operator no more, and cost more. */
const MAX_COUNTED = 1000

const DELAYED_MILLISECONDS = 600_000

const o = columnsOf(outbox, 'o')

export type Health = {
  /** The `statement_timeout` of our connections in milliseconds; 0: none. */
  timeout: number
  /** Deliveries that have waited for ten minutes, and those that expired within a day; 1,000 at most. */
  waiting: number
  givenUp: number
}

/**
 * A cheap query that succeeds only if the database works and has our tables. It counts at most 1,000 rows of
 * each kind.
 */
export async function ping(db: Database, now: Date): Promise<Health> {
  const since = time(new Date(now.getTime() - 86_400_000))
  const isWaiting = sql`${o.sentAt} is null and ${o.givenUpAt} is null
    and ${o.createdAt} < ${time(new Date(now.getTime() - DELAYED_MILLISECONDS))}`
  const fields = {
    timeout: MILLISECONDS,
    waiting: count(isWaiting),
    // Refused ones don't count: anybody can register with an address that does not exist.
    givenUp: count(sql`${o.givenUpAt} > ${since} and ${o.givenUpReason} = 'expired'`),
  }
  const from = sql`from (select exists (select from ${users})) as answers`
  const [row] = await run(db, statement({}, { fields, from }))
  if (typeof row?.timeout !== 'number') throw new Error('A probe has no answer')
  return row
}

function count(condition: SQL): SQL<number> {
  return sql<number>`(select count(*)::integer from (
    select from ${outbox} o where ${condition} limit ${MAX_COUNTED}) as counted)`
}
