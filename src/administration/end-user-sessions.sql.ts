import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { runAfter } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { sessions } from '../sessions/schema.ts'
import {
  type ActOnUser,
  ADMINISTRATION_LOCK,
  decideAboutUser,
  eventOfActor,
  isDone,
  outcome,
  type Refusal,
  subject,
} from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { isLive } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

const u = columnsOf(users, 'u')
const s = columnsOf(sessions, 's')
const locked = columnsOf(sessions, 'locked')

/** Ends every session of a user, also one that a sign-in opens at the same moment. */
export async function raiseAuthVersion(
  { db, client }: { db: Database; client: Client },
  act: ActOnUser,
): Promise<'done' | Refusal> {
  const raised = { authVersion: sql`${u.authVersion} + 1` }
  const ending = statement(
    {
      ...decideAboutUser(act),
      locked: lockSessions(act),
      live: sql`
        select from locked, subject
        where ${isLive({ session: locked, user: subject, now: act.now })} limit 1`,
      raised: sql`
        update ${users} u set ${assignments(users, raised)}
        from decision where ${u.id} = ${act.userId} and ${isDone}`,
      recorded: recordEvents({ client, now: act.now }, [
        eventOfActor('session_ended', {
          when: sql`decision, live where ${isDone}`,
          details: sql`'{"sessions":"all"}'`,
        }),
      ]),
    },
    { fields: { outcome: sql<'done' | Refusal>`${outcome}` }, from: sql`from decision` },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, ending)
  return row?.outcome ?? 'ended'
}

/**
 * The part `locked`, beside `subject`: the sessions that were live when the statement began, as they are once
 * their rows are locked. So the end of one that another statement is just ending is recorded once.
 *
 * They are compared with the user's old version here, and with the locked one only in `live`. Their owner may
 * just have ended all others and raised the version of both the user and the session that is kept: that
 * session's old version is below the user's new one, and it would be left out before its row is locked.
 */
function lockSessions({ now }: ActOnUser): SQL {
  return sql`
    select s.* from subject join ${users} u on ${u.id} = ${subject.id}
    join ${sessions} s on ${s.userId} = ${u.id} and ${isLive({ session: s, user: u, now })}
    for no key update of s`
}
