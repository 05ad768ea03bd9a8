import type { SQL } from 'drizzle-orm'
import { run } from '../db/run.ts'
import type { Deps } from '../deps.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { type ConfirmedAct, isConfirmed, type NotDone } from '../sql/confirmed-act.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { giveBack } from '../sql/limits.ts'
import {
  MAIL_REQUESTED,
  type MailBuckets,
  type MailRequested,
  queueMails,
  type Sender,
  spendForMail,
} from '../sql/mails.ts'
import { insertToken, isKept } from '../sql/one-time-tokens.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { byCaller, caller, lockCaller } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

export type AddressChangeRequest = ConfirmedAct & {
  /** In lower case. */
  newEmail: string
  buckets: MailBuckets
}

const u = columnsOf(users, 'u')
const confirmed = columnsOf(users, 'confirmed')
const owner = columnsOf(users, 'owner')
const made = columnsOf(oneTimeTokens, 'made')
const isRight = sql`exists (select from confirmed)`

/**
 * Stores the mails of a change of address: the link to the new one, or a notice to its owner if it has one;
 * and a notice to the old one. The account stays as it is. Statement and answer are the same whether the new
 * address is free or not.
 *
 * @returns what was stored, or why nothing was
 */
export async function insertAddressChange(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { newEmail, buckets, bucket, ...act }: AddressChangeRequest,
): Promise<MailRequested | NotDone> {
  const { now } = act
  const { parts, passed, limited } = spendForMail(buckets, { from: sql`from confirmed`, now })
  const request = statement(
    {
      caller: lockCaller(act),
      confirmed: sql`select u.* from ${users} u, caller where ${isConfirmed(act)}`,
      ...parts,
      owner: sql`select u.* from ${users} u, confirmed where lower(${u.email}) = ${newEmail} and ${passed}`,
      made: insertToken({
        purpose: 'email_change',
        from: sql`from confirmed where ${passed} and not exists (select from owner)
          and not ${isKept({ email: sql`${newEmail}`, now, except: confirmed.id })}`,
        user: confirmed,
        email: sql`${newEmail}`,
        now,
      }),
      queued: queueRequested({ mailing, client, now }, { newEmail, passed }),
      given_back: giveBack(bucket, isRight, { forgets: act.byDevice }),
      recorded: recordEvents({ client, now }, eventsOf(passed, limited)),
    },
    {
      fields: { isRight: sql<boolean>`${isRight}`, ...MAIL_REQUESTED },
      from: sql`from caller`,
    },
  )
  const [row] = await run(db, request)
  if (!row) return 'ended'
  return row.isRight ? row : 'outdated'
}

function queueRequested(sender: Sender, { newEmail, passed }: { newEmail: string; passed: SQL }): SQL {
  const wanted = sql`${newEmail}::text`
  return queueMails(sender, [
    {
      message: 'email_change',
      from: sql`from confirmed, made`,
      user: confirmed,
      to: made.email,
      newEmail: wanted,
      token: made,
      // If it is mistyped, its owner is a stranger.
      showsClient: false,
    },
    {
      message: 'email_change_requested',
      from: sql`from confirmed where ${passed}`,
      user: confirmed,
      newEmail: wanted,
    },
    { message: 'address_in_use', from: sql`from owner`, user: owner, showsClient: false },
  ])
}

function eventsOf(passed: SQL, limited: EventSource): EventSource[] {
  return [
    { ...limited, userId: sql`(select ${caller.userId} from caller)` },
    byCaller('email_change_requested', sql`from caller, confirmed where ${passed}`),
    byCaller('password_confirmation_failed', sql`from caller where not ${isRight}`),
  ]
}
