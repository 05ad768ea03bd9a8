import { type SQL, sql } from 'drizzle-orm'
import { time } from './time.ts'

/**
 * The caller's user and session, both locked and the session live, for statements that act on all of a user:
 * what a guard saw may be past by the time a statement runs.
 */
export function heldSession({
  userId,
  sessionId,
  now,
}: {
  userId: number
  sessionId: string
  now: Date
}): SQL {
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
