import { sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { giveBack } from '../sql/limits.ts'
import { heldSession, insertSession, type NewSession } from '../sql/sessions.ts'
import { time } from '../sql/time.ts'
import {
  byCaller,
  type ConfirmedAct,
  isConfirmed,
  type NotDone,
  type Principal,
  type PrincipalRow,
  principalColumns,
  toPrincipal,
} from '../users/queries.ts'

export type Replacement = ConfirmedAct & { passwordHash: string; session: NewSession }
export type Replaced = { user: Principal; passwordVersion: number }

/**
 * Gives a user another password, ends every session and opens a new one in place of the caller's. All that was issued
 * before is of an older `auth_version`; the caller's own row is revoked as well, so that a refresh which waited for it
 * is refused instead of answering with tokens that are dead. Guesses at the old password count no more.
 *
 * @returns the user and the version that the password has now, or why it was not done
 */
export async function replacePassword(
  { db, client }: { db: Database; client: Client },
  { passwordHash, session, budget, ...caller }: Replacement,
): Promise<Replaced | NotDone> {
  const { now } = caller
  const details = sql`jsonb_build_object('new_session_id', ${session.id}::text)`
  const { rows } = await db.execute<PrincipalRow & { passwordVersion: number | null }>(sql`
    with held as (${heldSession(caller)}), changed as (
      update users u set
        password_hash = ${passwordHash}, auth_version = u.auth_version + 1,
        password_version = u.password_version + 1, consecutive_failures = 0, updated_at = ${time(now)}
      from held where ${isConfirmed(caller)}
      returning u.*
    ), replaced as (
      update sessions s set revoked_at = ${time(now)}, revoked_reason = 'replaced'
      from changed, held where s.id = held.session_id
    ), opened as (
      ${insertSession(sql`changed`, { session, client, now })}
    ), given_back as (
      ${giveBack(budget, sql`exists (select from changed)`, { forgets: caller.byDevice })}
    ), recorded as (
      ${recordEvents({ client, now }, [
        { ...byCaller('password_changed', sql`from held, changed`), details },
        byCaller('password_confirmation_failed', sql`from held where not exists (select from changed)`),
      ])}
    )
    select changed.password_version as "passwordVersion", ${principalColumns(sql`changed`)}
    from held left join changed on true`)
  const [row] = rows
  if (!row) return 'ended'
  const { passwordVersion, ...user } = row
  return passwordVersion === null ? 'outdated' : { user: toPrincipal(user), passwordVersion }
}
