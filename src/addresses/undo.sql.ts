import type { SQL } from 'drizzle-orm'
import { violatedUnique } from '../db/errors.ts'
import { run } from '../db/run.ts'
import type { Deps } from '../deps.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { recordEvents } from '../sql/events.ts'
import { NO_FAILURES } from '../sql/lockout.ts'
import { queueMails } from '../sql/mails.ts'
import { insertToken, lockToken, token } from '../sql/one-time-tokens.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { EMAIL_KEY, users } from '../users/schema.ts'
import type { Changed } from './change.sql.ts'

const u = columnsOf(users, 'u')
const t = columnsOf(oneTimeTokens, 't')
const changed = columnsOf(users, 'changed')
const reset = columnsOf(oneTimeTokens, 'reset')

/**
 * Gives the account its old address back. Whoever changed it knew the password, so the password is void,
 * every session ends, and the old address gets the link to a new password.
 *
 * It ends all tokens of the account but those that undo earlier changes: these are the owner's. Those that
 * undo later changes are the thief's.
 */
export async function restoreAddress(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { id, now }: { id: string; now: Date },
): Promise<Changed> {
  const undoing = statement(
    {
      token: lockToken({ id, purpose: 'email_undo', now }, { when: sql`true`, isReplaceable: false }),
      consumed: consumeOthers(now),
      changed: restore(now),
      reset: insertToken({
        purpose: 'password_reset',
        from: sql`from changed`,
        user: changed,
        now,
      }),
      queued: queueMails({ mailing, client, now }, [
        { message: 'email_change_undone', from: sql`from changed, reset`, user: changed, token: reset },
      ]),
      recorded: recordEvents({ client, now }, [
        { type: 'email_change_undone', from: sql`from changed`, userId: changed.id },
        { type: 'password_reset_requested', from: sql`from changed`, userId: changed.id },
      ]),
    },
    { fields: { id: changed.id, deliveries: DELIVERIES }, from: sql`from changed` },
  )
  try {
    const [row] = await run(db, undoing)
    return row ? { outcome: 'done', deliveries: row.deliveries } : { outcome: 'unusable' }
  } catch (error) {
    if (violatedUnique(error) === EMAIL_KEY) return { outcome: 'taken' }
    throw error
  }
}

/** The part `consumed`, beside `token`: ends that token too. */
function consumeOthers(now: Date): SQL {
  return sql`
    update ${oneTimeTokens} t set ${assignments(oneTimeTokens, { consumedAt: time(now) })} from token
    where ${t.userId} = ${token.userId} and ${t.consumedAt} is null
      and (${t.purpose} <> 'email_undo' or ${t.number} >= ${token.number})`
}

/**
 * The part `changed`, beside `token`. If nobody had proven the old address, a stranger may have registered
 * with it and then moved away: `user_metadata` is emptied, as by a reset.
 */
function restore(now: Date): SQL {
  const values = assignments(users, {
    email: token.email,
    userMetadata: sql`case when ${token.isProven} then ${u.userMetadata} else '{}'::jsonb end`,
    emailVerifiedAt: time(now),
    passwordHash: null,
    authVersion: sql`${u.authVersion} + 1`,
    passwordVersion: sql`${u.passwordVersion} + 1`,
    ...NO_FAILURES,
    updatedAt: time(now),
  })
  return sql`update ${users} u set ${values} from token where ${u.id} = ${token.userId} returning u.*`
}
