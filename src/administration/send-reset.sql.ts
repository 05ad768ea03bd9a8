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
import {
  MAIL_REQUESTED,
  type MailBuckets,
  type MailRequested,
  type MailSource,
  queueMails,
  spendForMail,
} from '../sql/mails.ts'
import { insertToken } from '../sql/one-time-tokens.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'

export type ResetSent = MailRequested & { outcome: 'done' | Refusal | 'disabled' }

type ResetByAdmin = ActOnUser & { buckets: MailBuckets }

const reset = columnsOf(oneTimeTokens, 'reset')
const invitation = columnsOf(oneTimeTokens, 'invitation')

/**
 * Stores a mail that lets somebody choose a new password, or once more the invitation of an account that
 * never had one. The administrator does not see the link.
 */
export async function insertResetByAdmin(
  deps: Pick<Deps, 'db' | 'client' | 'mailing'>,
  act: ResetByAdmin,
): Promise<ResetSent> {
  const [row] = await runAfter(deps.db, ADMINISTRATION_LOCK, prepareSending(deps, act))
  return row ?? { outcome: 'ended', refusedBy: null, secondsToWait: null, deliveries: [] }
}

function prepareSending(
  { client, mailing }: Pick<Deps, 'client' | 'mailing'>,
  { buckets, ...act }: ResetByAdmin,
) {
  const { now } = act
  const { parts, passed, limited } = spendForMail(buckets, { from: sql`from decision where ${isDone}`, now })
  // Undoing a change of the address voids a password.
  const hasPassword = sql`(${subject.passwordHash} is not null or ${subject.passwordVersion} > 1)`
  return statement(
    {
      ...decideAboutUser(act, { refusals: sql`when ${subject.disabledAt} is not null then 'disabled'` }),
      ...parts,
      reset: insertTokenIf(sql`${hasPassword} and ${passed}`, { purpose: 'password_reset', now }),
      invitation: insertTokenIf(sql`not ${hasPassword} and ${passed}`, { purpose: 'invitation', now }),
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
        ...MAIL_REQUESTED,
      },
      from: sql`from decision`,
    },
  )
}

/** A part that makes a token for the part `subject`. */
function insertTokenIf(
  condition: SQL,
  { purpose, now }: { purpose: 'password_reset' | 'invitation'; now: Date },
): SQL {
  return insertToken({
    purpose,
    from: sql`from subject where ${condition}`,
    user: subject,
    now,
  })
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
