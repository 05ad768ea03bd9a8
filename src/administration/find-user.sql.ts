import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { sessions } from '../sessions/schema.ts'
import { type AdminUser, adminUserFields } from '../sql/admin-users.ts'
import {
  decideAboutReading,
  isDone,
  mayDoMore,
  outcome,
  type Reading,
  type Refusal,
  subject,
} from '../sql/authority.ts'
import { columnsOf, nullable, statement } from '../sql/parts.ts'
import { liveSessions, type Session, sessionFields } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

type About = Omit<Reading, 'data' | 'userId'> & { userId: number }

const u = columnsOf(users, 'u')
const live = columnsOf(sessions, 'live')

const decided = sql<'done' | Refusal>`${outcome}`

/**
 * An account, whatever its owner may do: names, addresses, roles and status are the directory that
 * `users:read` opens. The statement asks again for the session and the permission, which may have gone since
 * the guard, and records the reading.
 */
export async function selectUser(
  { db, client }: { db: Database; client: Client },
  about: About,
): Promise<AdminUser | Refusal> {
  const notFound = sql`when not exists (select from subject) then 'not_found'`
  const reading = statement(
    {
      subject: sql`select u.* from ${users} u where ${u.id} = ${about.userId}`,
      ...decideAboutReading(client, { ...about, data: 'account' }, notFound),
    },
    {
      fields: { outcome: decided, ...adminUserFields(subject) },
      from: sql`from decision left join subject on ${isDone}`,
    },
  )
  const [row] = await run(db, reading)
  if (!row) return 'ended'
  const { outcome: result, ...user } = row
  return result === 'done' ? user : result
}

/**
 * The live sessions of a user, the last used first. If the user may do more than the actor, the actor can't
 * see where they are signed in, as they can't act on them.
 */
export async function selectUserSessions(
  { db, client }: { db: Database; client: Client },
  about: About,
): Promise<Session[] | Refusal> {
  const refusals = sql`
    when not exists (select from ${users} where ${users.id} = ${about.userId}) then 'not_found'
    when ${mayDoMore(sql`${about.userId}`)} then 'outranked'`
  const reading = statement(
    {
      ...decideAboutReading(client, { ...about, data: 'sessions' }, refusals),
      live: liveSessions(about),
    },
    {
      fields: { outcome: decided, ...sessionFields(live), ...nullable({ id: live.id }) },
      from: sql`
        from decision left join live on ${isDone}
        order by ${live.lastUsedAt} desc, ${live.id}`,
    },
  )
  const rows = await run(db, reading)
  const [first] = rows
  if (!first) return 'ended'
  if (first.outcome !== 'done') return first.outcome
  return rows.flatMap(({ outcome: _, id, ...session }) => (id === null ? [] : [{ id, ...session }]))
}
