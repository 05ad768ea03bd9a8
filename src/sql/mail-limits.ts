import type { SQL } from 'drizzle-orm'
import type { EventSource } from './events.ts'
import { type Bucket, reportOnce, spendInTurn } from './limits.ts'
import type { Parts } from './parts.ts'
import { join, sql } from './template.ts'

/** The buckets that count a mail which somebody asks for. */
export type MailBuckets = {
  /** Of the client's networks, from narrow to wide; empty for a signed-in user, whose account is counted. */
  addresses: readonly Bucket[]
  /** Of the recipient, and of the account that asks. */
  recipients: readonly Bucket[]
}

/** Which limit refused a mail, by its name in `LIMIT_…`. */
export type MailLimitName = 'mail_address' | 'mail_account'

/** The fields of an answer that say whether a limit refused the mail. Need the part `refused`. */
export const MAIL_REFUSAL = {
  refusedBy: sql<MailLimitName | null>`(select bucket from refused)`,
  secondsToWait: sql<number | null>`(select wait from refused)`,
}

/**
 * The parts that count a mail, among them `refused` and `reported`. The client's buckets come first: a
 * request that one of them refuses spends nothing from the recipient's.
 *
 * Others can use up a recipient's bucket, but only by mails to the recipient, and the newest link works.
 *
 * @param options.from `from …`: the mail is counted if it has a row
 * @returns the parts; `passed`, the condition that it may be sent; and the event of a refusal
 */
export function spendForMail(
  { addresses, recipients }: MailBuckets,
  { from, now }: { from: SQL; now: Date },
): { parts: Parts; passed: SQL; limited: EventSource } {
  const { parts, passed, refusal } = spendInTurn([...addresses, ...recipients], { name: 'mail', from, now })
  const keys = join(
    recipients.map(({ key }) => sql`${key}::text`),
    ', ',
  )
  return {
    parts: {
      ...parts,
      refused: sql`
        select refusal.*, case when key in (${keys}) then 'mail_account' else 'mail_address' end as bucket
        from (${refusal}) as refusal`,
      reported: reportOnce({ refused: sql`refused`, now }),
    },
    passed,
    limited: {
      type: 'limited',
      from: sql`from reported`,
      details: sql`jsonb_build_object('limit', bucket)`,
    },
  }
}
