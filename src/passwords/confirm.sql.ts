import type { Database } from '../db/client.ts'
import { send } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { countFailure } from '../sql/lockout.ts'
import { sql } from '../sql/template.ts'

type FailedConfirmation = {
  userId: number
  /** The same, if the password was wrong; else `null`. */
  wrongFor: number | null
  sessionId: string
  byDevice: boolean
  now: Date
}

/** Records that somebody who is signed in gave a wrong password for themselves. */
export async function insertFailedConfirmation(
  { db, client }: { db: Database; client: Client },
  { userId, wrongFor, sessionId, byDevice, now }: FailedConfirmation,
): Promise<void> {
  const who = { userId: sql`${userId}`, actorId: sql`${userId}`, sessionId: sql`${sessionId}` }
  await send(
    db,
    sql`with failed as (${countFailure({ userId: wrongFor, byDevice, now })})
    ${recordEvents({ client, now }, [{ type: 'password_confirmation_failed', from: sql``, ...who }])}`,
  )
}
