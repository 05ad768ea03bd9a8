import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Limit } from '../features/rules.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { type Bucket, reportOnce } from '../sql/limits.ts'
import { statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'

/** Records a refusal of `refuseLocally`, once within the time of the limit. */
export async function reportRefusal(
  { db, client }: { db: Database; client: Client },
  { bucket: { key, seconds }, limit, now }: { bucket: Bucket; limit: Pick<Limit, 'name'>; now: Date },
): Promise<void> {
  const details = sql`jsonb_build_object('limit', ${limit.name}::text)`
  const report = statement(
    {
      refused: sql`select ${key}::text as key, ${seconds}::integer as seconds`,
      reported: reportOnce({ refused: sql`refused`, now }),
      recorded: recordEvents({ client, now }, [{ type: 'limited', from: sql`from reported`, details }]),
    },
    { fields: { isReported: sql<boolean>`exists (select from reported)` }, from: sql`` },
  )
  await run(db, report)
}
