import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Delivery } from '../deps.ts'
import { NO_CLIENT, recordEvents } from '../sql/events.ts'
import { givenUpEvent, LEASE_SECONDS } from '../sql/outbox.ts'
import { assignments, columnsOf, type Materialized, materialized, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { outbox } from './schema.ts'

const o = columnsOf(outbox, 'o')
const claimed = columnsOf(outbox, 'claimed')

const newer = columnsOf(outbox, 'newer')

const isReplaced = sql`(${o.isReplaceable} and exists (
    select from ${outbox} newer
    where ${newer.recipient} = ${o.recipient} and ${newer.name} = ${o.name}
      and ${newer.kind} = ${o.kind} and ${newer.userId} = ${o.userId}
      and ${newer.number} > ${o.number}
  ))`

const isWaiting = sql`${o.sentAt} is null and ${o.givenUpAt} is null`

/**
 * A delivery that was tried so often is not sorted behind newer ones: they could keep it waiting for ever.
 */
const OFTEN = 2

/** The most rows that are given up at once: after a long outage the next run goes on. */
const GIVEN_UP_AT_ONCE = 100

type Claim = { kind: string; now: Date; limit: number }

/**
 * Claims the rows of a kind that are due, and gives up those whose time is over or that a newer one replaces:
 * a link that arrived after a newer one would be dead. `skip locked` and the lease keep two processes from
 * sending one row at the same time.
 */
export async function claimDeliveries(db: Database, claiming: Claim): Promise<Delivery[]> {
  const { now } = claiming
  const claim = statement(
    {
      due: findDue(claiming),
      claimed: claimDue(now),
      given_up: giveUp('expired', sql`${o.giveUpAt} <= ${time(now)}`, now),
      // Its link is dead, and the newer one tells as much: no event.
      replaced: giveUp('replaced', sql`${o.giveUpAt} > ${time(now)} and ${isReplaced}`, now),
      recorded: recordEvents({ client: NO_CLIENT, now }, [givenUpEvent('given_up')]),
    },
    { fields: CLAIMED, from: sql`from claimed` },
  )
  return await run(db, claim)
}

const CLAIMED = {
  id: claimed.id,
  kind: claimed.kind,
  name: claimed.name,
  recipient: claimed.recipient,
  payload: claimed.payload,
  attempts: claimed.attempts,
  lockedUntil: sql<number>`(extract(epoch from ${claimed.lockedUntil}) * 1000)::double precision`,
}

/**
 * The part `due`: what was tried least often first, so that mails to recipients that do not exist keep no
 * other waiting. Materialized: inlined, its limit could be applied anew for each row of the update.
 */
function findDue({ kind, now, limit }: Claim): Materialized {
  return materialized(sql`
    select ${o.id} from ${outbox} o
    where ${isWaiting} and ${o.kind} = ${kind} and ${o.notBefore} <= ${time(now)}
      and ${o.giveUpAt} > ${time(now)} and not ${isReplaced}
      and (${o.lockedUntil} is null or ${o.lockedUntil} <= ${time(now)})
    order by least(${o.attempts}, ${OFTEN}), ${o.notBefore}, ${o.id} limit ${limit} for update skip locked`)
}

/** The part `claimed`, beside `due`. */
function claimDue(now: Date): SQL {
  const leased = assignments(outbox, {
    lockedUntil: sql`${time(now)} + make_interval(secs => ${LEASE_SECONDS}::integer)`,
    attempts: sql`${o.attempts} + 1`,
  })
  return sql`update ${outbox} o set ${leased} from due where ${o.id} = due.id returning o.*`
}

/** A part that gives up the rows which a condition matches. */
function giveUp(reason: 'expired' | 'replaced', condition: SQL, now: Date): SQL {
  const values = { givenUpAt: time(now), givenUpReason: reason, lockedUntil: null }
  return sql`
    update ${outbox} set ${assignments(outbox, values)}
    where ${outbox.id} in (
      select ${o.id} from ${outbox} o
      where ${isWaiting} and ${condition} and (${o.lockedUntil} is null or ${o.lockedUntil} <= ${time(now)})
      limit ${GIVEN_UP_AT_ONCE} for update skip locked
    ) returning *`
}
