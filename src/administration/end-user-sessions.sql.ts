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
      raised: sql`
        update ${users} u set ${assignments(users, raised)}
        from decision where ${u.id} = ${act.userId} and ${isDone}`,
      recorded: recordEvents({ client, now: act.now }, [
        eventOfActor('session_ended', {
          when: sql`decision where ${isDone} and ${hasLiveSession(act)}`,
          details: sql`'{"sessions":"all"}'`,
        }),
      ]),
    },
    { fields: { outcome: sql<'done' | Refusal>`${outcome}` }, from: sql`from decision` },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, ending)
  return row?.outcome ?? 'ended'
}

function hasLiveSession({ userId, now }: ActOnUser): SQL {
  return sql`exists (
    select from ${sessions} s join ${users} u on ${u.id} = ${s.userId}
    where ${u.id} = ${userId} and ${isLive({ session: s, user: u, now })})`
}
