import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { runAfter } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { sessions } from '../sessions/schema.ts'
import {
  type ActOnUser,
  decideAboutUser,
  eventOfActor,
  isDone,
  lockAdministrationOf,
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

/** Ends every session of a user, also one that a sign-in opens at the same moment. */
export async function raiseAuthVersion(
  { db, client }: { db: Database; client: Client },
  act: ActOnUser,
): Promise<'done' | Refusal> {
  const raised = { authVersion: sql`${u.authVersion} + 1` }
  const ending = statement(
    {
      ...decideAboutUser(act),
      live: lockLiveSession(act),
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
  const [row] = await runAfter(db, lockAdministrationOf(act.userId), ending)
  return row?.outcome ?? 'ended'
}

/**
 * The part `live`, beside `subject`: one row if there is a live session to end. It is locked, so that one
 * that is just ending is read anew, and its end is recorded once.
 */
function lockLiveSession({ now }: ActOnUser): SQL {
  return sql`
    select from ${sessions} s join subject on ${s.userId} = ${subject.id}
    where ${isLive({ session: s, user: subject, now })} limit 1 for no key update of s`
}
