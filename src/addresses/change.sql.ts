import type { SQL } from 'drizzle-orm'
import { violatedUnique } from '../db/errors.ts'
import { run } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { recordEvents } from '../sql/events.ts'
import { queueMails, type Sender } from '../sql/mails.ts'
import {
  ALL_BUT_UNDO,
  consumeTokens,
  insertToken,
  isKept,
  lockToken,
  ofToken,
  token,
} from '../sql/one-time-tokens.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { EMAIL_KEY, users } from '../users/schema.ts'

/** The outcome of a change of address. `unusable`: the token can't be used. */
export type Changed = { outcome: 'done'; deliveries: Delivery[] } | { outcome: 'unusable' | 'taken' }

const u = columnsOf(users, 'u')
const other = columnsOf(users, 'other')
const changed = columnsOf(users, 'changed')
const undo = columnsOf(oneTimeTokens, 'undo')

/**
 * Consumes the token and gives the account its new address, as verified. The old address gets a link that
 * undoes it. Links to the old one end: they would work again if the address came back. If another account has
 * the new address, nothing changes and the token stays usable.
 */
export async function changeAddress(
  deps: Pick<Deps, 'db' | 'client' | 'mailing'>,
  token: { id: string; now: Date },
): Promise<Changed> {
  try {
    const [row] = await run(deps.db, prepareChange(deps, token))
    if (!row) return { outcome: 'unusable' }
    if (row.isTaken) return { outcome: 'taken' }
    return row.isDone ? { outcome: 'done', deliveries: row.deliveries } : { outcome: 'unusable' }
  } catch (error) {
    if (violatedUnique(error) === EMAIL_KEY) return { outcome: 'taken' }
    throw error
  }
}

function prepareChange(
  { client, mailing }: Pick<Deps, 'client' | 'mailing'>,
  { id, now }: { id: string; now: Date },
) {
  return statement(
    {
      token: lockToken({ id, purpose: 'email_change', now }, { when: isUsable }),
      taken: sql`select from token where ${isTaken(now)}`,
      free: sql`select from token where not exists (select from taken)`,
      consumed: consumeTokens(now, { which: ALL_BUT_UNDO, when: sql`exists (select from free)` }),
      changed: assignAddress(now),
      undo: insertToken({
        purpose: 'email_undo',
        from: sql`from changed, token`,
        user: { ...changed, emailVerifiedAt: token.userVerifiedAt },
        email: token.userEmail,
        now,
      }),
      queued: queueChanges({ mailing, client, now }),
      recorded: recordEvents({ client, now }, [
        { type: 'email_changed', from: sql`from changed`, userId: changed.id },
      ]),
    },
    {
      fields: {
        isTaken: sql<boolean>`exists (select from taken)`,
        isDone: sql<boolean>`exists (select from changed)`,
        deliveries: DELIVERIES,
      },
      from: sql`from token`,
    },
  )
}

/** A new password ends a pending change: it may be the thief who asked for it. */
const isUsable = sql`${ofToken.user.passwordVersion} = ${ofToken.token.passwordVersion}
  and ${ofToken.user.disabledAt} is null`

function isTaken(now: Date): SQL {
  return sql`exists (
      select from ${users} other
      where lower(${other.email}) = lower(${token.email}) and ${other.id} <> ${token.userId}
    ) or ${isKept({ email: token.email, now, except: token.userId })}`
}

/** The part `changed`, beside `token` and `free`. */
function assignAddress(now: Date): SQL {
  const values = { email: token.email, emailVerifiedAt: time(now), updatedAt: time(now) }
  return sql`
    update ${users} u set ${assignments(users, values)} from token, free where ${u.id} = ${token.userId}
    returning u.*`
}

function queueChanges(sender: Sender): SQL {
  const from = sql`from changed, token, undo`
  return queueMails(sender, [
    {
      message: 'email_changed',
      from,
      user: { ...changed, email: token.userEmail },
      newEmail: changed.email,
      token: undo,
    },
    { message: 'email_change_completed', from, user: changed, newEmail: changed.email },
  ])
}
