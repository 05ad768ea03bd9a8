import type { Database } from '../db/client.ts'
import { send } from '../db/run.ts'
import type { Limit } from '../features/rules.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { type Bucket, reportOnce } from '../sql/limits.ts'
import { sql } from '../sql/template.ts'

/**
 * Records that an address was refused before it came to a statement of its own; once in the time of the
 * limit.
 */
export async function reportRefusal(
  { db, client }: { db: Database; client: Client },
  { bucket: { key, seconds }, limit, now }: { bucket: Bucket; limit: Pick<Limit, 'name'>; now: Date },
): Promise<void> {
  const details = sql`jsonb_build_object('limit', ${limit.name}::text)`
  await send(
    db,
    sql`with refused as (select ${key}::text as key, ${seconds}::integer as seconds), reported as (
      ${reportOnce({ refused: sql`refused`, now })}
    )
    ${recordEvents({ client, now }, [{ type: 'limited', from: sql`from reported`, details }])}`,
  )
}
