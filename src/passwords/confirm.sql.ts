import { run } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { recordEvents } from '../sql/events.ts'
import { countFailure, LOCKED } from '../sql/lockout.ts'
import { queueMails } from '../sql/mails.ts'
import { DELIVERIES } from '../sql/outbox.ts'
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

/**
 * Records that a signed-in user gave a wrong password, and counts the failure.
 *
 * @returns the notice to the owner, if that locked the account
 */
export async function insertFailedConfirmation(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { userId, wrongFor, sessionId, byDevice, now }: FailedConfirmation,
): Promise<Delivery[]> {
  const who = { userId: sql`${userId}`, actorId: sql`${userId}`, sessionId: sql`${sessionId}` }
  const failed = statement(
    {
      failed: countFailure({ userId: wrongFor, byDevice, now }),
      queued: queueMails({ mailing, client, now }, [LOCKED]),
      recorded: recordEvents({ client, now }, [
        { type: 'password_confirmation_failed', from: sql``, ...who },
      ]),
    },
    { fields: { deliveries: DELIVERIES }, from: sql`` },
  )
  const [row] = await run(db, failed)
  return row?.deliveries ?? []
}
