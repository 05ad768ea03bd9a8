import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { NO_CLIENT, recordEvents } from '../sql/events.ts'
import { givenUpEvent } from '../sql/outbox.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { outbox } from './schema.ts'

const o = columnsOf(outbox, 'o')
const isDone = { isDone: sql<boolean>`true` }

/** Records that the other server accepted a row, even if another process has claimed it since. */
export async function recordSent(db: Database, { id, now }: { id: string; now: Date }): Promise<void> {
  const values = { sentAt: time(now), lockedUntil: null, lastError: null }
  const sent = sql`
    update ${outbox} o set ${assignments(outbox, values)}
    where ${o.id} = ${id}::uuid and ${o.sentAt} is null`
  await run(db, statement({ sent }, { fields: isDone, from: sql`` }))
}

type Failure = {
  id: string
  attempts: number
  error: string
  /** Whether it is not tried again. */
  givesUp: boolean
  retryAt: Date
  now: Date
}

/**
 * Records a failure: the row is due again at `retryAt`, or given up if `giveUpAt` is not later. Does nothing
 * if another process has claimed the row since.
 */
export async function recordFailure(
  db: Database,
  { id, attempts, error, givesUp, retryAt, now }: Failure,
): Promise<void> {
  const values = {
    notBefore: time(retryAt),
    lockedUntil: null,
    lastError: error,
    givenUpReason: sql`case when ${givesUp}::boolean then 'refused'
      when ${o.giveUpAt} <= ${time(retryAt)} then 'expired' end`,
    givenUpAt: sql`case when ${givesUp}::boolean or ${o.giveUpAt} <= ${time(retryAt)} then ${time(now)} end`,
  }
  const failed = sql`
    update ${outbox} o set ${assignments(outbox, values)}
    where ${o.id} = ${id}::uuid and ${o.attempts} = ${attempts} and ${o.sentAt} is null
    returning o.*`
  const given_up = sql`select * from failed where ${columnsOf(outbox, 'failed').givenUpAt} is not null`
  const recorded = recordEvents({ client: NO_CLIENT, now }, [givenUpEvent('given_up')])
  await run(db, statement({ failed, given_up, recorded }, { fields: isDone, from: sql`` }))
}
