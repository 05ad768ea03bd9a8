import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { caller, isLive, lockCaller } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { users } from '../users/schema.ts'
import { sessions } from './schema.ts'

/** By the event of a session's end: the `revoked_reason` of its row. */
const REASONS = {
  signed_out: 'signed_out',
  session_ended: 'ended',
} as const satisfies Partial<Record<EventType, string>>

type Ending = {
  sessionId: string
  /** The user it has to belong to, and their own session; `null`: the caller presented a token of it. */
  by: { userId: number; sessionId: string } | null
  now: Date
  type: keyof typeof REASONS
}

const s = columnsOf(sessions, 's')
const u = columnsOf(users, 'u')

/**
 * The user of the part `caller`, as it is once its row is locked. Read from the table, the version would be
 * the one from before the wait, and a session that ended meanwhile would end again.
 */
const OF_CALLER = { authVersion: sql<number>`${caller.authVersion}`, disabledAt: sql<null>`null` }

/**
 * Ends one live session. Nothing happens unless the caller's session is live once it is locked: a request
 * that was under way when its session ended must not end any other.
 *
 * @returns whether there was one to end, or that the caller's session has ended
 */
export async function revokeSession(
  { db, client }: { db: Database; client: Client },
  { sessionId, by, now, type }: Ending,
): Promise<'done' | 'not_found' | 'ended'> {
  const revoked = assignments(sessions, { revokedAt: time(now), revokedReason: REASONS[type] })
  const own = { from: sql`caller`, user: OF_CALLER, isOwn: sql`${s.userId} = ${caller.userId}` }
  const any = { from: sql`${users} u`, user: u, isOwn: sql`${s.userId} = ${u.id}` }
  const { from, user, isOwn } = by ? own : any
  const who = { userId: sql`user_id`, actorId: sql`user_id`, sessionId: sql`id` }
  const ending = statement(
    {
      ...(by && { caller: lockCaller({ ...by, now }) }),
      ended: sql`
        update ${sessions} s set ${revoked} from ${from}
        where ${isOwn} and ${s.id} = ${sessionId}::uuid and ${isLive({ session: s, user, now })}
        returning ${s.id}, ${s.userId}`,
      recorded: recordEvents({ client, now }, [{ type, from: sql`from ended`, ...who }]),
    },
    { fields: { isDone: sql<boolean>`exists (select from ended)` }, from: by ? sql`from caller` : sql`` },
  )
  const [row] = await run(db, ending)
  if (!row) return 'ended'
  return row.isDone ? 'done' : 'not_found'
}
