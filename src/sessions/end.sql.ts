import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { type Caller, caller, isLive, lockCaller, OF_CALLER } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { sessions } from './schema.ts'

/** By the event of a session's end: the `revoked_reason` of its row. */
const REASONS = {
  signed_out: 'signed_out',
  session_ended: 'ended',
} as const satisfies Partial<Record<EventType, string>>

type Ending = {
  /** The session to end. */
  sessionId: string
  /** Without a user if all that was presented is a token of the session. */
  caller: Caller
  now: Date
  type: keyof typeof REASONS
}

const s = columnsOf(sessions, 's')

/**
 * Ends one live session. Nothing happens unless the caller's session is live once it is locked: a request
 * that was under way when its session ended must not end any other, nor record its end a second time.
 *
 * @returns whether there was one to end, or that the caller's session has ended
 */
export async function revokeSession(
  { db, client }: { db: Database; client: Client },
  { sessionId, caller: who, now, type }: Ending,
): Promise<'done' | 'not_found' | 'ended'> {
  const revoked = assignments(sessions, { revokedAt: time(now), revokedReason: REASONS[type] })
  const ofEnded = { userId: sql`user_id`, actorId: sql`user_id`, sessionId: sql`id` }
  const ending = statement(
    {
      caller: lockCaller({ ...who, now }),
      ended: sql`
        update ${sessions} s set ${revoked} from caller
        where ${s.userId} = ${caller.userId} and ${s.id} = ${sessionId}::uuid
          and (${s.id} = ${caller.sessionId} or ${isLive({ session: s, user: OF_CALLER, now })})
        returning ${s.id}, ${s.userId}`,
      recorded: recordEvents({ client, now }, [{ type, from: sql`from ended`, ...ofEnded }]),
    },
    { fields: { isDone: sql<boolean>`exists (select from ended)` }, from: sql`from caller` },
  )
  const [row] = await run(db, ending)
  if (!row) return 'ended'
  return row.isDone ? 'done' : 'not_found'
}
