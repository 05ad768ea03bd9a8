import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { outbox } from '../outbox/schema.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'

export type StoredMail = {
  id: string
  name: string
  recipient: string
  payload: Readonly<Record<string, unknown>>
  createdAt: Date
}

/** Tests that send more filter by address. */
const MAX_SHOWN = 100

const o = columnsOf(outbox, 'o')

/**
 * The newest mails of the outbox.
 *
 * @param filter.to the recipient in lower case; `null`: everybody
 */
export async function selectMails(db: Database, { to }: { to: string | null }): Promise<StoredMail[]> {
  const isWanted = sql`(${to}::text is null or ${o.recipient} = ${to}::text)`
  const mails = sql`from ${outbox} o where ${o.kind} = 'mail' and ${isWanted}
    order by ${o.number} desc limit ${MAX_SHOWN}`
  const fields = {
    id: o.id,
    name: o.name,
    recipient: o.recipient,
    payload: o.payload,
    createdAt: o.createdAt,
  }
  return await run(db, statement({}, { fields, from: mails }))
}

export async function deleteMails(db: Database): Promise<void> {
  const deleted = sql`delete from ${outbox} o where ${o.kind} = 'mail'`
  await run(db, statement({ deleted }, { fields: { isDone: sql<boolean>`true` }, from: sql`` }))
}
