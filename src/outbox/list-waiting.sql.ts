import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { outbox } from './schema.ts'

const o = columnsOf(outbox, 'o')

const LISTED = {
  id: o.id,
  kind: o.kind,
  name: o.name,
  recipient: o.recipient,
  createdAt: o.createdAt,
  attempts: o.attempts,
  notBefore: o.notBefore,
  expiresAt: o.expiresAt,
  givenUpAt: o.givenUpAt,
  lastError: o.lastError,
}

export type Waiting = Awaited<ReturnType<typeof selectWaiting>>[number]

/** Deliveries that wait or were given up, the newest first; without those that a newer one replaced. */
export async function selectWaiting(db: Database, { limit }: { limit: number }) {
  const from = sql`from ${outbox} o
    where ${o.sentAt} is null and ${o.givenUpReason} is distinct from 'replaced'
    order by ${o.number} desc limit ${limit}`
  return await run(db, statement({}, { fields: LISTED, from }))
}
