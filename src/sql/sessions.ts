import type { SQL } from 'drizzle-orm'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { sessions } from '../sessions/schema.ts'
import { users } from '../users/schema.ts'
import type { EventSource } from './events.ts'
import { type ColumnsOf, columnsOf, insertInto } from './parts.ts'
import { sql } from './template.ts'
import { time } from './time.ts'

/** The session that a token names, and whose it says that is. */
export type OwnSession = { userId: number; sessionId: string; now: Date }

const u = columnsOf(users, 'u')
const s = columnsOf(sessions, 's')

/**
 * `from` and `where` of statements that read who is signed in; the user's row is `u`.
 *
 * The session is a subquery for one value and no join: that takes PostgreSQL a quarter less to plan, which is
 * most of such a statement. What is asked of the session stands in its `select`, so that it is found by its
 * id alone, however many others the user has.
 */
export function fromLiveSession({ userId, sessionId, now }: OwnSession): SQL {
  return sql`from ${users} u where ${u.id} = ${userId}
    and (select ${s.userId} = ${u.id} and ${isLive({ session: s, user: u, now })}
      from ${sessions} s where ${s.id} = ${sessionId}::uuid)`
}

/** The columns of the part `caller`, which `lockCaller` makes. */
export const caller = {
  userId: sql`caller.user_id`,
  authVersion: sql`caller.auth_version`,
  sessionId: sql`caller.session_id`,
}

/**
 * The part `caller`: the caller's user and session, both rows locked and the session live, for statements
 * that act on all of a user. What a guard saw may be past by the time a statement runs.
 */
export function lockCaller({ userId, sessionId, now }: OwnSession): SQL {
  return sql`
    select ${u.id} as user_id, ${u.authVersion}, ${s.id} as session_id
    from ${users} u join ${sessions} s on ${s.userId} = ${u.id}
    where ${u.id} = ${userId} and ${s.id} = ${sessionId}::uuid and ${isLive({ session: s, user: u, now })}
    for no key update of u, s`
}

/** An event about the part `caller`, by themselves. */
export function byCaller(type: EventType, from: SQL): EventSource {
  const { userId, sessionId } = caller
  return { type, from, userId, actorId: userId, sessionId }
}

/** A session and its user, as a statement calls their rows. */
export type SessionOfUser = {
  session: Pick<ColumnsOf<typeof sessions>, 'revokedAt' | 'idleExpiresAt' | 'expiresAt' | 'authVersion'>
  user: Pick<ColumnsOf<typeof users>, 'authVersion' | 'disabledAt'>
}

/**
 * Whether a session is live, as a condition.
 *
 * `>=`, not `=`: after waiting for the lock of the session's row we read its new version but the user's old
 * one (READ COMMITTED reads locked rows again, and no others). Whoever raised both kept this session.
 */
export function isLive({ session, user, now }: SessionOfUser & { now: Date }): SQL {
  return sql`(${session.revokedAt} is null and ${session.idleExpiresAt} > ${time(now)}
    and ${session.expiresAt} > ${time(now)} and ${session.authVersion} >= ${user.authVersion}
    and ${user.disabledAt} is null)`
}

/**
 * As many as a list of sessions shows: with more devices, the one that was left alone for longest is signed
 * out.
 */
export const MAX_SESSIONS = 100

/** A session, as its owner and administrators see it. */
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

/** The live sessions of a user with all of their columns, the last used first. */
export function liveSessions({ userId, now }: { userId: number; now: Date }): SQL {
  return sql`
    select s.* from ${users} u join ${sessions} s on ${s.userId} = ${u.id}
      and ${isLive({ session: s, user: u, now })}
    where ${u.id} = ${userId} order by ${s.lastUsedAt} desc, ${s.id} limit ${MAX_SESSIONS}`
}

/** A session that is about to be opened. */
export type NewSession = { id: string; idleExpiresAt: Date; expiresAt: Date }

/**
 * Opens a session for a user.
 *
 * @param user the columns of the part that has the user as they are after the statement, and that part as
 *   `from …`
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
