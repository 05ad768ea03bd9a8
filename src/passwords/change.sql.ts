import type { SQL } from 'drizzle-orm'
import { run } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { sessions } from '../sessions/schema.ts'
import { type ConfirmedAct, isConfirmed, type NotDone } from '../sql/confirmed-act.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { giveBack } from '../sql/limits.ts'
import { NO_FAILURES } from '../sql/lockout.ts'
import { queueMails } from '../sql/mails.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { assignments, columnsOf, nullable, statement } from '../sql/parts.ts'
import { byCaller, caller, insertSession, lockCaller, type NewSession } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type Principal, principalFields } from '../sql/users.ts'
import { users } from '../users/schema.ts'

export type Replacement = ConfirmedAct & { passwordHash: string; session: NewSession }
export type Replaced = { user: Principal; passwordVersion: number; deliveries: Delivery[] }

const u = columnsOf(users, 'u')
const s = columnsOf(sessions, 's')
const changed = columnsOf(users, 'changed')
const isChanged = sql`exists (select from changed)`

/**
 * Replaces a user's password, ends every session and opens a new one for the caller. The raised auth version
 * ends the sessions. The caller's own session is revoked as well: a refresh that waits for its lock is then
 * refused, instead of answering with tokens of an ended session. Failures with the old password are
 * forgotten.
 *
 * @returns the user and the new version of the password, or why it was not changed
 */
export async function updatePassword(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { passwordHash, session, bucket, ...act }: Replacement,
): Promise<Replaced | NotDone> {
  const { now, byDevice } = act
  const change = statement(
    {
      caller: lockCaller(act),
      changed: changePassword(passwordHash, act),
      replaced: revokeOwn(now),
      opened: insertSession({ user: changed, from: sql`from changed` }, { session, client, now }),
      given_back: giveBack(bucket, isChanged, { forgets: byDevice }),
      queued: queueMails({ mailing, client, now }, [
        { message: 'password_changed', from: sql`from changed`, user: changed },
      ]),
      recorded: recordEvents({ client, now }, changeEvents(session)),
    },
    {
      fields: {
        newVersion: sql<number | null>`${changed.passwordVersion}`,
        deliveries: DELIVERIES,
        ...nullable(principalFields(changed)),
      },
      from: sql`from caller left join changed on true`,
    },
  )
  const [row] = await run(db, change)
  if (!row) return 'ended'
  const { newVersion, deliveries, ...user } = row
  if (newVersion === null) return 'outdated'
  return { user: user as Principal, passwordVersion: newVersion, deliveries }
}

/** The part `changed`: the user's new row; none if the confirmation is outdated. Needs the part `caller`. */
function changePassword(passwordHash: string, act: Omit<ConfirmedAct, 'bucket'>): SQL {
  const password = assignments(users, {
    passwordHash,
    authVersion: sql`${u.authVersion} + 1`,
    passwordVersion: sql`${u.passwordVersion} + 1`,
    ...NO_FAILURES,
    updatedAt: time(act.now),
  })
  return sql`update ${users} u set ${password} from caller where ${isConfirmed(act)} returning u.*`
}

/** The part `replaced`, which revokes the caller's session. Needs the parts `changed` and `caller`. */
function revokeOwn(now: Date): SQL {
  const revoked = assignments(sessions, { revokedAt: time(now), revokedReason: 'replaced' })
  return sql`update ${sessions} s set ${revoked} from changed, caller where ${s.id} = ${caller.sessionId}`
}

function changeEvents(session: NewSession): EventSource[] {
  const details = sql`jsonb_build_object('new_session_id', ${session.id}::text)`
  return [
    { ...byCaller('password_changed', sql`from caller, changed`), details },
    byCaller('password_confirmation_failed', sql`from caller where not ${isChanged}`),
  ]
}
