import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { GIVE_UP_SECONDS } from '../sql/outbox.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { outbox } from './schema.ts'

const o = columnsOf(outbox, 'o')
const retried = columnsOf(outbox, 'retried')

/**
 * Makes what is not sent due at once, for another day. Not what somebody is sending at the moment, which
 * would be sent twice; and not what has expired, such as a mail whose link works no longer.
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
    giveUpAt: sql`least(${o.expiresAt}, ${time(now)} + make_interval(secs => ${GIVE_UP_SECONDS}::integer))`,
    lockedUntil: null,
    givenUpAt: null,
    givenUpReason: null,
    attempts: 0,
  }
  const update = sql`
    update ${outbox} o set ${assignments(outbox, values)}
    where ${o.sentAt} is null and (${id}::uuid is null or ${o.id} = ${id}::uuid)
      and (${o.lockedUntil} is null or ${o.lockedUntil} <= ${time(now)})
      and (${o.expiresAt} is null or ${o.expiresAt} > ${time(now)})
      and ${o.givenUpReason} is distinct from 'replaced'
    returning o.*`
  const retry = statement({ retried: update }, { fields: { id: retried.id }, from: sql`from retried` })
  const rows = await run(db, retry)
  return rows.map((row) => row.id)
}
