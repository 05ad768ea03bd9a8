import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { type OnceBucket, recordOnce } from '../sql/record-once.ts'
import { fromLiveSession, type OwnSession } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

type Denial = OwnSession & { details: Record<string, string>; bucket: OnceBucket }

const u = columnsOf(users, 'u')
const userId = sql`refused.user_id`

/** Records a refusal to the user of a live session, unless it was recorded lately. */
export async function insertDenial(
  { db, client }: { db: Database; client: Client },
  { details, bucket, ...session }: Denial,
): Promise<void> {
  const refusal = statement(
    {
      refused: sql`select ${u.id} as user_id ${fromLiveSession(session)}`,
      ...recordOnce(
        { client, now: session.now },
        {
          type: 'access_denied',
          bucket,
          from: sql`from refused`,
          userId,
          actorId: userId,
          sessionId: sql`${session.sessionId}`,
          details: sql`${JSON.stringify(details)}::jsonb`,
        },
      ),
    },
    { fields: { recorded: sql<string>`count(*)` }, from: sql`from noted` },
  )
  await run(db, refusal)
}
