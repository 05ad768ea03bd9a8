import type { SQL } from 'drizzle-orm'
import { runAfter } from '../db/run.ts'
import type { Deps } from '../deps.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import {
  type ActOnUser,
  ADMINISTRATION_LOCK,
  decideAboutUser,
  eventOfActor,
  isDone,
  outcome,
  type Refusal,
  subject,
} from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { MAIL_REFUSAL, type MailBuckets, type MailLimitName, spendForMail } from '../sql/mail-limits.ts'
import { insertToken } from '../sql/one-time-tokens.ts'
import { DELIVERIES, type Delivery, type MailSource, queueMails } from '../sql/outbox.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'

export type ResetSent = {
  outcome: 'done' | Refusal | 'disabled'
  refusedBy: MailLimitName | null
  secondsToWait: number | null
  deliveries: Delivery[]
}

const reset = columnsOf(oneTimeTokens, 'reset')
const invitation = columnsOf(oneTimeTokens, 'invitation')

/**
 * Stores a mail that lets somebody choose a new password, or once more the invitation of an account that never
 * had one. The administrator does not see the link.
 */
export async function insertResetByAdmin(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { buckets, ...act }: ActOnUser & { buckets: MailBuckets },
): Promise<ResetSent> {
  const { now } = act
  const { parts, passed, limited } = spendForMail(buckets, { from: sql`from decision where ${isDone}`, now })
  const hasPassword = sql`${subject.passwordHash} is not null`
  const tokenFor = (purpose: 'password_reset' | 'invitation', when: SQL) =>
    insertToken({
      purpose,
      from: sql`from subject where ${when} and ${passed}`,
      userId: subject.id,
      email: subject.email,
      passwordVersion: subject.passwordVersion,
      now,
    })
  const sending = statement(
    {
      ...decideAboutUser(act, { refusals: sql`when ${subject.disabledAt} is not null then 'disabled'` }),
      ...parts,
      reset: tokenFor('password_reset', hasPassword),
      invitation: tokenFor('invitation', sql`not ${hasPassword}`),
      queued: queueMails({ mailing, client, now }, MAILS),
      recorded: recordEvents({ client, now }, [
        { ...limited, userId: sql`(select ${subject.id} from subject)` },
        eventOfActor('password_reset_requested', {
          when: sql`(select from reset union all select from invitation) as sent`,
        }),
      ]),
    },
    {
      fields: {
        outcome: sql<ResetSent['outcome']>`${outcome}`,
        ...MAIL_REFUSAL,
        deliveries: DELIVERIES,
      },
      from: sql`from decision`,
    },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, sending)
  return row ?? { outcome: 'ended', refusedBy: null, secondsToWait: null, deliveries: [] }
}

const MAILS: readonly MailSource[] = [
  {
    message: 'password_reset',
    from: sql`from subject, reset`,
    user: subject,
    token: reset,
    showsClient: false,
  },
  {
    message: 'invitation',
    from: sql`from subject, invitation`,
    user: subject,
    token: invitation,
    showsClient: false,
  },
]
