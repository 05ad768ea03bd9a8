import { sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import type { Client } from '../net/client-address.ts'
import { liveSessions, type Session, type SessionRow, toSession } from '../sessions/queries.ts'
import { decideAboutReading, mayDoMore, type Reading, type Refusal } from '../sql/authority.ts'
import { type AdminUser, type AdminUserRow, adminUserColumns, toAdminUser } from './queries.ts'
import { pageOfUsers, type UserFilter, type UserPosition } from './search-users.sql.ts'

// What administrators read of others. Each statement asks again for the live session and the permission, since what the
// guard saw may be past, and puts the reading on record.

type Reads = { db: Database; client: Client }
type Decided = { outcome: 'done' | Refusal }
type About = Omit<Reading, 'data' | 'userId'> & { userId: number }

/** Why nothing was read; `null` if it was. No row: the session of whoever reads has ended. */
function refusalOf([row]: readonly Decided[]): Refusal | null {
  if (!row) return 'ended'
  return row.outcome === 'done' ? null : row.outcome
}

/** One page of accounts, and where the next begins; `null` after the last. */
export type UserPage = { users: AdminUser[]; next: UserPosition | null }

type PageRow = Decided & { key: string | null; shown: boolean; isEnd: boolean }

/** Accounts by id; those that a search finds, by what begins with the text, each once. */
export async function listUsers(
  { db, client }: Reads,
  {
    limit,
    reading,
    ...page
  }: UserFilter & { after: UserPosition | null; limit: number; reading: Omit<Reading, 'data' | 'userId'> },
): Promise<UserPage | Refusal> {
  // One more than is shown tells whether there are more.
  const { rows } = await db.execute<AdminUserRow & PageRow>(sql`
    with ${decideAboutReading(client, { ...reading, data: 'accounts', userId: null })},
    page as (${pageOfUsers({ ...page, limit: limit + 1 })})
    select decision.outcome, page.key, page.shown, page.is_end as "isEnd", ${adminUserColumns(sql`u`)}
    from decision left join (page join users u on u.id = page.id) on decision.outcome = 'done'
    order by page.key, page.id`)
  const refusal = refusalOf(rows)
  if (refusal) return refusal
  const found = rows.filter((row) => row.id !== null)
  const shown = found.filter((row) => row.shown).slice(0, limit)
  const end = found.length > limit ? shown.at(-1) : found.find((row) => row.isEnd)
  return { users: shown.map(toAdminUser), next: end ? { id: end.id, key: end.key } : null }
}

/** An account, whoever it is: names, addresses of mail, roles and status are the directory that `users:read` opens. */
export async function findUser({ db, client }: Reads, about: About): Promise<AdminUser | Refusal> {
  const { rows } = await db.execute<AdminUserRow & Decided>(sql`
    with subject as (
      select * from users where id = ${about.userId}
    ), ${decideAboutReading(
      client,
      { ...about, data: 'account' },
      sql`when not exists (select from subject) then 'not_found'`,
    )}
    select decision.outcome, ${adminUserColumns(sql`subject`)}
    from decision left join subject on decision.outcome = 'done'`)
  const [row] = rows
  return refusalOf(rows) ?? toAdminUser(row as AdminUserRow)
}

/**
 * The live sessions of a user, the last used first. From where somebody is signed in is out of sight for who may do
 * less, as they are out of reach.
 */
export async function listUserSessions({ db, client }: Reads, about: About): Promise<Session[] | Refusal> {
  const { rows } = await db.execute<(SessionRow | { id: null }) & Decided>(sql`
    with ${decideAboutReading(
      client,
      { ...about, data: 'sessions' },
      sql`when not exists (select from users where id = ${about.userId}) then 'not_found'
        when ${mayDoMore(sql`${about.userId}`)} then 'outranked'`,
    )}
    select decision.outcome, live.*
    from decision left join (${liveSessions(about)}) as live on decision.outcome = 'done'
    order by live."lastUsedAt" desc, live.id`)
  return (
    refusalOf(rows) ?? rows.filter((row) => row.id !== null).map(({ outcome: _, ...row }) => toSession(row))
  )
}
