import { auditEvents } from '../audit/schema.ts'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { NO_CLIENT, recordEvents } from '../sql/events.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'

/** Failed sign-ins over all accounts, at most as many as are counted. */
export type Guessing = { failed: number; accounts: number; networks: number }

/** One look reads no more events than this, which is an alarm whatever the threshold. */
const MAX_COUNTED = 100_000

const e = columnsOf(auditEvents, 'e')
const failure = columnsOf(auditEvents, 'failure')

/**
 * Counts failed sign-ins and records it if they are at least as many as the threshold, once in the time
 * looked at.
 *
 * @returns `null` if they are fewer, or it is recorded already
 */
export async function recordGuessing(
  db: Database,
  { since, now, threshold }: { since: Date; now: Date; threshold: number },
): Promise<Guessing | null> {
  const alarm = { type: 'guessing_suspected', from: sql`from alarm`, details: sql`to_jsonb(alarm)` } as const
  const look = statement(
    {
      counted: sql`
        select count(*)::integer as failed, count(distinct ${failure.userId})::integer as accounts,
          count(distinct ${failure.ipAddress})::integer as networks
        from (
          select ${e.userId}, ${e.ipAddress} from ${auditEvents} e
          where ${e.type} = 'sign_in_failed' and ${e.occurredAt} >= ${time(since)}
          order by ${e.occurredAt} desc limit ${MAX_COUNTED}
        ) as failure`,
      alarm: sql`
        select * from counted where failed >= ${threshold} and not exists (
          select from ${auditEvents} e where ${e.type} = 'guessing_suspected' and ${e.occurredAt} > ${time(since)}
        )`,
      recorded: recordEvents({ client: NO_CLIENT, now }, [alarm]),
    },
    {
      fields: {
        failed: sql<number>`failed`,
        accounts: sql<number>`accounts`,
        networks: sql<number>`networks`,
      },
      from: sql`from alarm`,
    },
  )
  const [row] = await run(db, look)
  if (row && typeof row.failed !== 'number') throw new Error('Guesses were not counted')
  return row ?? null
}
