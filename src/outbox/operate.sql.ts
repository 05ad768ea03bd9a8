import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { outbox } from './schema.ts'

const o = columnsOf(outbox, 'o')
const retried = columnsOf(outbox, 'retried')

const DAY_SECONDS = 86_400

const LISTED = {
  id: o.id,
  kind: o.kind,
  payload: o.payload,
  createdAt: o.createdAt,
  attempts: o.attempts,
  notBefore: o.notBefore,
  givenUpAt: o.givenUpAt,
  lastError: o.lastError,
}

export type Waiting = Awaited<ReturnType<typeof selectWaiting>>[number]

/** What is not sent: waiting or given up, the newest first. */
export async function selectWaiting(db: Database, { limit }: { limit: number }) {
  const from = sql`from ${outbox} o where ${o.sentAt} is null
    order by ${o.createdAt} desc, ${o.id} limit ${limit}`
  return await run(db, statement({}, { fields: LISTED, from }))
}

/**
 * Makes what is not sent due at once, for another day.
 *
 * @param which.id `null`: everything
 * @returns the ids
 */
export async function retryWaiting(
  db: Database,
  { id, now }: { id: string | null; now: Date },
): Promise<string[]> {
  const values = {
    notBefore: time(now),
    giveUpAt: sql`greatest(${o.giveUpAt}, ${time(now)} + make_interval(secs => ${DAY_SECONDS}::integer))`,
    lockedUntil: null,
    givenUpAt: null,
  }
  const isWanted = sql`(${id}::uuid is null or ${o.id} = ${id}::uuid)`
  const update = sql`
    update ${outbox} o set ${assignments(outbox, values)}
    where ${o.sentAt} is null and ${isWanted} returning o.*`
  const rows = await run(
    db,
    statement({ retried: update }, { fields: { id: retried.id }, from: sql`from retried` }),
  )
  return rows.map((row) => row.id)
}
