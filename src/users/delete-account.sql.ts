import { runAfter } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { ADMINISTRATION_LOCK, isLastAdmin } from '../sql/authority.ts'
import { type ConfirmedAct, isConfirmed, type NotDone } from '../sql/confirmed-act.ts'
import { recordEvents } from '../sql/events.ts'
import { giveBack } from '../sql/limits.ts'
import { type MailSource, queueMails } from '../sql/mails.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { byCaller, lockCaller } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { users } from './schema.ts'

const u = columnsOf(users, 'u')
const deleted = columnsOf(users, 'deleted')
const isRight = sql`exists (select from deleted union all select from last_admin)`

type Deleted = { outcome: 'done' | 'last_admin' | NotDone; deliveries: Delivery[] }

/**
 * Deletes the caller's account and all that belongs to it, unless it is the last enabled administrator's. Its
 * events are kept for as long as all others.
 *
 * @returns `done` and the notice to the owner, or why the account was not deleted
 */
export async function deleteOwnUser(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { bucket, ...act }: ConfirmedAct,
): Promise<Deleted> {
  const deletion = statement(
    {
      caller: lockCaller(act),
      last_admin: sql`select from ${users} u, caller where ${isConfirmed(act)} and ${isLastAdmin(u)}`,
      deleted: sql`
        delete from ${users} u using caller where ${isConfirmed(act)} and not exists (select from last_admin)
        returning u.*`,
      given_back: giveBack(bucket, isRight),
      queued: queueMails({ mailing, client, now: act.now }, [
        { message: 'account_deleted', from: sql`from deleted`, user: deleted },
        toOldAddresses(act.now),
      ]),
      recorded: recordEvents({ client, now: act.now }, [
        byCaller('account_deleted', sql`from caller, deleted`),
        byCaller('password_confirmation_failed', sql`from caller where not ${isRight}`),
      ]),
    },
    {
      fields: {
        outcome: sql<'done' | 'last_admin' | 'outdated'>`case when exists (select from deleted) then 'done'
          when exists (select from last_admin) then 'last_admin' else 'outdated' end`,
        deliveries: DELIVERIES,
      },
      from: sql`from caller`,
    },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, deletion)
  return row ?? { outcome: 'ended', deliveries: [] }
}

const kept = columnsOf(oneTimeTokens, 'kept')

/** Whoever can undo a change of the address learns that the account is gone, and the link with it. */
function toOldAddresses(now: Date): MailSource {
  return {
    message: 'account_deleted',
    from: sql`from deleted join ${oneTimeTokens} kept on ${kept.userId} = ${deleted.id}
      where ${kept.purpose} = 'email_undo' and ${kept.consumedAt} is null
        and ${kept.expiresAt} > ${time(now)}`,
    user: { ...deleted, email: kept.email },
    showsClient: false,
  }
}
