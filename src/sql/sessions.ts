import { type SQL, sql } from 'drizzle-orm'
import type { Client } from '../net/client-address.ts'
import { time } from './time.ts'

/** The session that a token names, and whose it says that is. */
export type OwnSession = { userId: number; sessionId: string; now: Date }

/**
 * `from` and `where` of statements that read who is signed in. The session is a question about the user's row, not a join:
 * that takes PostgreSQL a quarter less to plan, which is most of such a statement. What is asked of the session stands
 * outside its `where`, so that it is found by its id alone, however many others the user has.
 */
export function fromLiveSession({ userId, sessionId, now }: OwnSession): SQL {
  return sql`from users u where u.id = ${userId}
    and (select s.user_id = u.id and ${isLive({ now })} from sessions s where s.id = ${sessionId}::uuid)`
}

/**
 * The caller's user and session, both locked and the session live, for statements that act on all of a user:
 * what a guard saw may be past by the time a statement runs.
 */
export function heldSession({ userId, sessionId, now }: OwnSession): SQL {
  return sql`
    select u.id as user_id, u.auth_version, s.id as session_id
    from users u join sessions s on s.user_id = u.id
    where u.id = ${userId} and s.id = ${sessionId}::uuid and ${isLive({ now })}
    for no key update of u, s`
}

/**
 * Whether the session `s` of the user `u` is live.
 *
 * A session can be ahead of its user only here and for a moment: a statement that waited for the session's row
 * reads that anew, but still has the user's row of its own beginning. What raised both in between kept this
 * very session, so it is live.
 */
export function isLive({ now }: { now: Date }): SQL {
  return sql`(s.revoked_at is null and s.idle_expires_at > ${time(now)} and s.expires_at > ${time(now)}
    and s.auth_version >= u.auth_version and u.disabled_at is null)`
}

/** A session that is about to be opened. */
export type NewSession = { id: string; idleExpiresAt: Date; expiresAt: Date }

/**
 * Opens a session for a user, for a CTE.
 *
 * @param from a CTE with the columns `id` and `auth_version` of the user, as they are after the statement
 */
export function insertSession(
  from: SQL,
  { session, client, now }: { session: NewSession; client: Client; now: Date },
): SQL {
  return sql`
    insert into sessions
      (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at, ip_address, user_agent)
    select ${session.id}::uuid, id, auth_version, ${time(now)}, ${time(now)}, ${time(session.idleExpiresAt)},
      ${time(session.expiresAt)}, ${client.address}, ${client.userAgent}
    from ${from}`
}
