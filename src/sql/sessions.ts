import type { SQL } from 'drizzle-orm'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { sessions } from '../sessions/schema.ts'
import { users } from '../users/schema.ts'
import type { EventSource } from './events.ts'
import { type ColumnsOf, columnsOf, insertInto } from './parts.ts'
import { sql } from './template.ts'
import { type Moment, time } from './time.ts'

/** The session and the user that a verified token names. */
export type OwnSession = { userId: number; sessionId: string; now: Date }

/** Who sends a request: their user and session. `null`: whoever's session it is. */
export type Caller = { userId: number | null; sessionId: string }

const u = columnsOf(users, 'u')
const s = columnsOf(sessions, 's')

/**
 * `from … where …` of statements that read the user of a live session. The user's row has the alias `u`.
 *
 * The session is a scalar subquery and not a join: planning, which is most of the cost of such a statement,
 * takes a quarter less time. Its conditions are in the `select` list, so that the session is always found by
 * its id, however many sessions the user has.
 */
export function fromLiveSession({ userId, sessionId, now }: OwnSession): SQL {
  return sql`from ${users} u where ${u.id} = ${userId}
    and (select ${s.userId} = ${u.id} and ${isLive({ session: s, user: u, now })}
      from ${sessions} s where ${s.id} = ${sessionId}::uuid)`
}

/** The columns of the part `caller`. */
export const caller = {
  userId: sql`caller.user_id`,
  authVersion: sql<number>`caller.auth_version`,
  sessionId: sql`caller.session_id`,
}

/**
 * The user of the part `caller`, as it is once its row is locked, for `isLive` of the user's other sessions.
 * Read from the table, the version would be the one from before the wait, and a session that ended meanwhile
 * would end again. Not for the caller's own session: it is live, but its version can be from before the wait.
 */
export const OF_CALLER = { authVersion: caller.authVersion, disabledAt: sql<null>`null` }

/**
 * The part `caller`: the caller's live session and its user, both rows locked. The guard of the route read
 * them earlier, so they can have changed; no row if the session has ended.
 */
export function lockCaller({ userId, sessionId, now }: Caller & { now: Date }): SQL {
  const isOwn = userId === null ? sql`true` : sql`${u.id} = ${userId}`
  return sql`
    select ${u.id} as user_id, ${u.authVersion}, ${s.id} as session_id
    from ${users} u join ${sessions} s on ${s.userId} = ${u.id}
    where ${isOwn} and ${s.id} = ${sessionId}::uuid and ${isLive({ session: s, user: u, now })}
    for no key update of u, s`
}

/** An event by the caller about themselves. Needs the part `caller`. */
export function byCaller(type: EventType, from: SQL): EventSource {
  const { userId, sessionId } = caller
  return { type, from, userId, actorId: userId, sessionId }
}

/** The columns of a session and its user, under the aliases of a statement. */
export type SessionOfUser = {
  session: Pick<ColumnsOf<typeof sessions>, 'revokedAt' | 'idleExpiresAt' | 'expiresAt' | 'authVersion'>
  user: Pick<ColumnsOf<typeof users>, 'authVersion' | 'disabledAt'>
}

/**
 * A condition: the session is live.
 *
 * `>=`, not `=`: after waiting for the session's lock, the statement reads the session's new row but the
 * user's old one (READ COMMITTED re-reads locked rows only). Another statement has then raised the version of
 * both, to end all sessions but this one.
 */
export function isLive({ session, user, now }: SessionOfUser & { now: Moment }): SQL {
  return sql`(${session.revokedAt} is null and ${session.idleExpiresAt} > ${time(now)}
    and ${session.expiresAt} > ${time(now)} and ${session.authVersion} >= ${user.authVersion}
    and ${user.disabledAt} is null)`
}

/**
 * The most live sessions of a user, and the most that a list shows. Beyond it, a sign-in ends the session
 * that was unused for longest.
 */
export const MAX_SESSIONS = 100

/** A session in the view of its owner and of administrators. */
export type Session = {
  id: string
  createdAt: Date
  lastUsedAt: Date
  /** The earlier of the idle and the absolute end. */
  expiresAt: Date
  ipAddress: string | null
  userAgent: string | null
}

/** The fields of a `Session`. */
export function sessionFields(session: ColumnsOf<typeof sessions>) {
  const { id, createdAt, lastUsedAt, idleExpiresAt: expiresAt, ipAddress, userAgent } = session
  return { id, createdAt, lastUsedAt, expiresAt, ipAddress, userAgent }
}

/** A query: the live sessions of a user with all columns, the last used first. */
export function liveSessions({ userId, now }: { userId: number; now: Date }): SQL {
  return sql`
    select s.* from ${users} u join ${sessions} s on ${s.userId} = ${u.id}
      and ${isLive({ session: s, user: u, now })}
    where ${u.id} = ${userId} order by ${s.lastUsedAt} desc, ${s.id} limit ${MAX_SESSIONS}`
}

/** A session to be opened. */
export type NewSession = { id: string; idleExpiresAt: Date; expiresAt: Date }

/**
 * The insert that opens a session.
 *
 * @param source.user the columns of a part that returns the user's row after the statement
 * @param source.from that part, as `from …`
 */
export function insertSession(
  { user, from }: { user: Pick<ColumnsOf<typeof users>, 'id' | 'authVersion'>; from: SQL },
  { session, client, now }: { session: NewSession; client: Client; now: Date },
): SQL {
  const values = {
    id: sql`${session.id}::uuid`,
    userId: user.id,
    authVersion: user.authVersion,
    createdAt: time(now),
    lastUsedAt: time(now),
    idleExpiresAt: time(session.idleExpiresAt),
    expiresAt: time(session.expiresAt),
    ipAddress: client.address,
    userAgent: client.userAgent,
  }
  return insertInto(sessions, values, { from })
}
