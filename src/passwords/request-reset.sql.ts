import type { SQL } from 'drizzle-orm'
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
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

export type ResetRequest = {
  /** In lower case. */
  email: string
  buckets: MailBuckets
  now: Date
}

const u = columnsOf(users, 'u')
const account = columnsOf(users, 'account')
const made = columnsOf(oneTimeTokens, 'made')

/**
 * Counts a request for a new password, and makes the token and the mail if the address has an account that is
 * enabled. The statement is the same for every address, and so is the shape of its answer.
 */
export async function insertResetRequest(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { email, buckets, now }: ResetRequest,
): Promise<MailRequested> {
  const { parts, passed, limited } = spendForMail(buckets, { from: sql`from one`, now })
  const request = statement(
    {
      one: sql`select 1`,
      ...parts,
      account: findAccount(email, passed),
      made: insertToken({
        purpose: 'password_reset',
        from: sql`from account`,
        user: account,
        now,
      }),
      queued: queueMails({ mailing, client, now }, [
        { message: 'password_reset', from: sql`from account, made`, user: account, token: made },
      ]),
      recorded: recordEvents({ client, now }, [
        limited,
        {
          type: 'password_reset_requested',
          from: sql`from one left join account on true where ${passed}`,
          userId: account.id,
        },
      ]),
    },
    { fields: { ...MAIL_REQUESTED }, from: sql`from one` },
  )
  const [row] = await run(db, request)
  if (!row) throw new Error('A request for a new password was not counted')
  return row
}

function findAccount(email: string, passed: SQL): SQL {
  return sql`
    select u.* from ${users} u
    where lower(${u.email}) = ${email} and ${u.disabledAt} is null and ${passed}
    for key share of u`
}
