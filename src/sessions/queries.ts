import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { columnsOf, nullable, statement } from '../sql/parts.ts'
import { liveSessions, type Session, sessionFields } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'
import { sessions } from './schema.ts'

const u = columnsOf(users, 'u')
const live = columnsOf(sessions, 'live')

/** The live sessions of a user, the last used first; `null` if there is no such user. */
export async function selectSessions(
  db: Database,
  whose: { userId: number; now: Date },
): Promise<Session[] | null> {
  const listed = statement(
    {},
    {
      fields: nullable(sessionFields(live)),
      from: sql`from ${users} u left join (${liveSessions(whose)}) as live on true
        where ${u.id} = ${whose.userId} order by ${live.lastUsedAt} desc, ${live.id}`,
    },
  )
  const rows = await run(db, listed)
  return rows.length === 0 ? null : rows.filter(isSession)
}

function isSession(row: { [Name in keyof Session]: Session[Name] | null }): row is Session {
  return row.id !== null
}
