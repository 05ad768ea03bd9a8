import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { isLive } from '../sql/sessions.ts'
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
  /** The user it has to belong to; `null`: anybody, since the caller presented a token of it. */
  userId: number | null
  now: Date
  type: keyof typeof REASONS
}

const s = columnsOf(sessions, 's')
const u = columnsOf(users, 'u')

/**
 * Ends one live session.
 *
 * @returns whether there was one to end
 */
export async function revokeSession(
  { db, client }: { db: Database; client: Client },
  { sessionId, userId, now, type }: Ending,
): Promise<boolean> {
  const revoked = assignments(sessions, { revokedAt: time(now), revokedReason: REASONS[type] })
  const isOwn = userId === null ? sql`true` : sql`${s.userId} = ${userId}`
  const who = { userId: sql`user_id`, actorId: sql`user_id`, sessionId: sql`id` }
  const ending = statement(
    {
      ended: sql`
        update ${sessions} s set ${revoked} from ${users} u
        where ${u.id} = ${s.userId} and ${s.id} = ${sessionId}::uuid and ${isOwn}
          and ${isLive({ session: s, user: u, now })}
        returning ${s.id}, ${s.userId}`,
      recorded: recordEvents({ client, now }, [{ type, from: sql`from ended`, ...who }]),
    },
    { fields: { id: sql<string>`id` }, from: sql`from ended` },
  )
  return (await run(db, ending)).length > 0
}
