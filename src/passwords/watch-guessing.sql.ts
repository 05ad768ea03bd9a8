import type { SQL } from 'drizzle-orm'
import { auditEvents } from '../audit/schema.ts'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { type EventSource, NO_CLIENT, recordEvents } from '../sql/events.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'

/** Failed sign-ins over all accounts, up to `MAX_COUNTED`, and the accounts and networks they were at. */
export type Guessing = { failed: number; accounts: number; networks: number }

/** Bounds the events that the statement reads. No threshold is higher. */
const MAX_COUNTED = 100_000

const e = columnsOf(auditEvents, 'e')
const failure = columnsOf(auditEvents, 'failure')

type Window = { since: Date; now: Date; threshold: number }

/**
 * Counts the failed sign-ins of a window of time, and records the event if they reach the threshold and it
 * was not recorded within that time.
 *
 * @returns the counts if the event was recorded now; else `null`
 */
export async function recordGuessing(db: Database, window: Window): Promise<Guessing | null> {
  const { now } = window
  const alarm: EventSource = {
    type: 'guessing_suspected',
    from: sql`from alarm`,
    details: sql`to_jsonb(alarm)`,
  }
  const look = statement(
    {
      counted: countFailures(window),
      alarm: raiseAlarm(window),
      recorded: recordEvents({ client: NO_CLIENT, now }, [alarm]),
    },
    { fields: COUNTS, from: sql`from alarm` },
  )
  const [row] = await run(db, look)
  if (row && typeof row.failed !== 'number') throw new Error('Guesses were not counted')
  return row ?? null
}

const COUNTS = {
  failed: sql<number>`failed`,
  accounts: sql<number>`accounts`,
  networks: sql<number>`networks`,
}

/** The part `counted`, one row with the columns of `COUNTS`. */
function countFailures({ since }: Window): SQL {
  return sql`
    select count(*)::integer as failed, count(distinct ${failure.userId})::integer as accounts,
      count(distinct ${failure.ipAddress})::integer as networks
    from (
      select ${e.userId}, ${e.ipAddress} from ${auditEvents} e
      where ${e.type} = 'sign_in_failed' and ${e.occurredAt} >= ${time(since)}
      order by ${e.occurredAt} desc limit ${MAX_COUNTED}
    ) as failure`
}

/** The part `alarm`: the row of `counted`, if it is to be recorded. Needs the part `counted`. */
function raiseAlarm({ since, threshold }: Window): SQL {
  return sql`
    select * from counted where failed >= ${threshold} and not exists (
      select from ${auditEvents} e
      where ${e.type} = 'guessing_suspected' and ${e.occurredAt} > ${time(since)}
    )`
}
