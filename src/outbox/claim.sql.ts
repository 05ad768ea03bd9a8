import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Delivery } from '../deps.ts'
import { NO_CLIENT, recordEvents } from '../sql/events.ts'
import { givenUpEvent, LEASE_SECONDS } from '../sql/outbox.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { outbox } from './schema.ts'

const o = columnsOf(outbox, 'o')
const claimed = columnsOf(outbox, 'claimed')

const isWaiting = sql`${o.sentAt} is null and ${o.givenUpAt} is null`

/** The most rows that are given up at once: after a long outage the next run goes on. */
const GIVEN_UP_AT_ONCE = 100

/**
 * Claims the rows that are due, and gives up those whose time is over, in one statement. `skip locked` and
 * the lease keep two processes from sending one row at the same time.
 */
export async function claimDeliveries(
  db: Database,
  { now, limit }: { now: Date; limit: number },
): Promise<Delivery[]> {
  const claim = statement(
    {
      claimed: claimDue({ now, limit }),
      given_up: giveUpExpired(now),
      recorded: recordEvents({ client: NO_CLIENT, now }, [givenUpEvent('given_up')]),
    },
    { fields: CLAIMED, from: sql`from claimed` },
  )
  return await run(db, claim)
}

const CLAIMED = {
  id: claimed.id,
  kind: claimed.kind,
  payload: claimed.payload,
  attempts: claimed.attempts,
  lockedUntil: sql<number>`(extract(epoch from ${claimed.lockedUntil}) * 1000)::double precision`,
}

function claimDue({ now, limit }: { now: Date; limit: number }): SQL {
  const leased = assignments(outbox, {
    lockedUntil: sql`${time(now)} + make_interval(secs => ${LEASE_SECONDS}::integer)`,
    attempts: sql`${outbox.attempts} + 1`,
  })
  return sql`
    update ${outbox} set ${leased} where ${outbox.id} in (
      select ${o.id} from ${outbox} o
      where ${isWaiting} and ${o.notBefore} <= ${time(now)} and ${o.giveUpAt} > ${time(now)}
        and (${o.lockedUntil} is null or ${o.lockedUntil} <= ${time(now)})
      order by ${o.notBefore} limit ${limit} for update skip locked
    ) returning *`
}

function giveUpExpired(now: Date): SQL {
  return sql`
    update ${outbox} set ${assignments(outbox, { givenUpAt: time(now), lockedUntil: null })}
    where ${outbox.id} in (
      select ${o.id} from ${outbox} o
      where ${isWaiting} and ${o.giveUpAt} <= ${time(now)}
        and (${o.lockedUntil} is null or ${o.lockedUntil} <= ${time(now)})
      limit ${GIVEN_UP_AT_ONCE} for update skip locked
    ) returning *`
}
