import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { countFailure } from '../sql/lockout.ts'
import { statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'

type FailedConfirmation = {
  userId: number
  /** The same id if a failure is to be counted; `null` if not. */
  wrongFor: number | null
  sessionId: string
  byDevice: boolean
  now: Date
}

/** Records that a signed-in user gave a wrong password, and counts the failure. */
export async function insertFailedConfirmation(
  { db, client }: { db: Database; client: Client },
  { userId, wrongFor, sessionId, byDevice, now }: FailedConfirmation,
): Promise<void> {
  const who = { userId: sql`${userId}`, actorId: sql`${userId}`, sessionId: sql`${sessionId}` }
  const failed = statement(
    {
      failed: countFailure({ userId: wrongFor, byDevice, now }),
      recorded: recordEvents({ client, now }, [
        { type: 'password_confirmation_failed', from: sql``, ...who },
      ]),
    },
    { fields: { isCounted: sql<boolean>`true` }, from: sql`` },
  )
  await run(db, failed)
}
