import { run } from '../db/run.ts'
import type { Deps } from '../deps.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { recordEvents } from '../sql/events.ts'
import {
  MAIL_REQUESTED,
  type MailBuckets,
  type MailRequested,
  queueMails,
  spendForMail,
} from '../sql/mails.ts'
import { insertToken } from '../sql/one-time-tokens.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { byCaller, caller, lockCaller } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

type VerificationRequest = { userId: number; sessionId: string; buckets: MailBuckets; now: Date }

export type VerificationRequested = MailRequested & { isVerified: boolean }

const u = columnsOf(users, 'u')
const account = columnsOf(users, 'account')
const made = columnsOf(oneTimeTokens, 'made')

/**
 * Makes a token and its mail for the caller's address, unless it is verified; `null`: the session has ended.
 */
export async function insertVerification(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { buckets, now, ...who }: VerificationRequest,
): Promise<VerificationRequested | null> {
  const due = sql`from account where ${account.emailVerifiedAt} is null`
  const { parts, passed, limited } = spendForMail(buckets, { from: due, now })
  const request = statement(
    {
      caller: lockCaller({ ...who, now }),
      account: sql`select u.* from ${users} u join caller on ${u.id} = ${caller.userId}`,
      ...parts,
      made: insertToken({
        purpose: 'email_verification',
        from: sql`${due} and ${passed}`,
        user: account,
        now,
      }),
      queued: queueMails({ mailing, client, now }, [
        { message: 'email_verification', from: sql`from account, made`, user: account, token: made },
      ]),
      recorded: recordEvents({ client, now }, [
        { ...limited, userId: sql`(select ${caller.userId} from caller)` },
        byCaller('email_verification_requested', sql`from caller, made`),
      ]),
    },
    {
      fields: {
        isVerified: sql<boolean>`${account.emailVerifiedAt} is not null`,
        ...MAIL_REQUESTED,
      },
      from: sql`from account`,
    },
  )
  const [row] = await run(db, request)
  return row ?? null
}
