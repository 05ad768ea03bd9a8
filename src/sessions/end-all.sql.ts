import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { runAfter } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { byCaller, caller, isLive, lockCaller, OF_CALLER } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'
import { sessions } from './schema.ts'

export type EndingAll = { userId: number; sessionId: string; keepCurrent: boolean; now: Date }

const s = columnsOf(sessions, 's')
const u = columnsOf(users, 'u')

/**
 * Ends every session of a user by raising the user's auth version; with `keepCurrent`, the caller's session
 * gets the new version too, and stays.
 *
 * Nothing happens unless the caller's session is live once both rows are locked: a request that was under way
 * when its session ended must neither revive it nor end any other session. If no session is there to
 * end, no event is recorded. The version is raised even then, so that a sign-in under way fails.
 *
 * @returns whether the caller's session was live
 */
export async function revokeSessions(
  { db, client }: { db: Database; client: Client },
  ending: EndingAll,
): Promise<boolean> {
  const { keepCurrent, now } = ending
  const isKept = sql`${keepCurrent}::boolean`
  const details = sql`jsonb_build_object('sessions', ${keepCurrent ? 'others' : 'all'}::text)`
  const ended = statement(
    {
      caller: lockCaller(ending),
      others: findOthers(isKept, now),
      raised: sql`
        update ${users} u set ${assignments(users, { authVersion: sql`${u.authVersion} + 1` })}
        from caller where ${u.id} = ${caller.userId} returning ${u.authVersion}`,
      kept: sql`
        update ${sessions} s set ${assignments(sessions, { authVersion: sql`raised.auth_version` })}
        from raised, caller where ${s.id} = ${caller.sessionId} and ${isKept}`,
      recorded: recordEvents({ client, now }, [
        { ...byCaller('session_ended', sql`from caller, others`), details },
      ]),
    },
    { fields: { counted: sql<boolean>`true` }, from: sql`from caller` },
  )
  // A session that a sign-in opened while we waited for the user's row ends as well, so it has to be seen.
  return (await runAfter(db, lockCaller(ending), ended)).length > 0
}

/**
 * The part `others`, beside `caller`: one row if there is a live session to end. It is locked, so that one
 * which another statement is just ending is read anew, and its end is recorded once.
 *
 * The caller's own session is live, but the version of its row can be from before the lock.
 */
function findOthers(isKept: SQL, now: Date): SQL {
  return sql`
    select from ${sessions} s join caller on ${s.userId} = ${caller.userId}
    where case when ${s.id} = ${caller.sessionId} then not ${isKept}
      else ${isLive({ session: s, user: OF_CALLER, now })} end
    limit 1 for no key update of s`
}
