import type { Placeholder, SQL } from 'drizzle-orm'
import type { Delivery, Mailing } from '../deps.ts'
import type { MessageName } from '../mail/message.ts'
import type { Client } from '../net/client-address.ts'
import type { oneTimeTokens } from '../one-time-tokens/schema.ts'
import type { users } from '../users/schema.ts'
import type { EventSource } from './events.ts'
import { type Bucket, reportOnce, spendInTurn } from './limits.ts'
import { DELIVERIES, enqueue, type OutboxSource } from './outbox.ts'
import type { ColumnsOf, Parts } from './parts.ts'
import { join, sql } from './template.ts'
import { type Moment, time } from './time.ts'

/** A value, or the placeholder of one. */
type OrPlaceholder<Values> = { [Name in keyof Values]: Values[Name] | Placeholder }

/** The values that all mails of a statement share. */
export type Sender = {
  mailing: OrPlaceholder<Mailing>
  client: OrPlaceholder<Pick<Client, 'address' | 'userAgent' | 'language'>>
  now: Moment
}

/** One kind of message that a statement sends, to the user of each row of `from`. */
export type MailSource = {
  message: MessageName
  /** `from …`, with a `where` if needed. */
  from: SQL
  /** Whose account the message is about. */
  user: Pick<ColumnsOf<typeof users>, 'id' | 'email' | 'username' | 'emailVerifiedAt'>
  /** The recipient, if it is not the user's address. */
  to?: SQL
  newEmail?: SQL
  /** The token of the link. */
  token?: ColumnsOf<typeof oneTimeTokens>
  /** Whether the message shows the client. Default: true; false if an administrator or a stranger acted. */
  showsClient?: boolean
}

/** The part `queued`, if a statement sends nothing but mails: see `enqueue`. */
export function queueMails(sender: Sender, mails: readonly MailSource[]): SQL {
  return enqueue(toSources(sender, mails), sender.now)
}

/** Mails among the messages of a statement. */
function toSources(sender: Sender, mails: readonly MailSource[]): OutboxSource[] {
  const { isOn, isMailbox } = sender.mailing
  return mails.map((mail) => ({
    kind: 'mail',
    name: mail.message,
    from: mail.from,
    recipient: mail.to ?? mail.user.email,
    userId: mail.user.id,
    payload: payloadOf(mail, sender),
    expiresAt: mail.token ? sql`${mail.token.expiresAt}` : sql`null`,
    // A link that undoes a change stays valid beside a newer one.
    isReplaceable: mail.token !== undefined && mail.message !== 'email_changed',
    maxADay: maxADayOf(mail),
    isSent: sql`${isMailbox}`,
    isWanted: sql`${isOn}`,
  }))
}

/**
 * The most notices of one name to one recipient within a day. Anybody can register with a stranger's address
 * and then change the password of that account all day, or ask for the address of somebody else; an owner who
 * has proven the address causes their own, and must hear of a thief after them.
 */
const MAX_A_DAY = { proven: 20, unproven: 3 }

function maxADayOf({ message, user, token }: MailSource): SQL {
  // Links are limited where they are asked for: by `spendForMail`, and by the limit of registering.
  if (token) return sql`null`
  const { proven, unproven } = MAX_A_DAY
  if (message === 'address_in_use') return sql`${unproven}::integer`
  return sql`case when ${user.emailVerifiedAt} is null then ${unproven}::integer else ${proven}::integer end`
}

function payloadOf({ user, newEmail, token, showsClient = true }: MailSource, { client, now }: Sender) {
  const link = token
    ? sql`jsonb_build_object('purpose', ${token.purpose}, 'id', ${token.id},
        'expires_at', floor(extract(epoch from ${token.expiresAt})))`
    : sql`null::jsonb`
  const from = showsClient
    ? sql`jsonb_build_object('address', ${client.address}::text, 'user_agent', ${client.userAgent}::text)`
    : sql`null::jsonb`
  return sql`jsonb_build_object('language', ${client.language}::text,
    'email', ${user.email}, 'username', ${user.username},
    'new_email', ${newEmail ?? sql`null::text`}, 'at', extract(epoch from ${time(now)}),
    'client', ${from}, 'token', ${link})`
}

/** The buckets that count a mail which somebody asks for. */
export type MailBuckets = {
  /**
   * Buckets of the client's networks, from narrow to wide; empty for a signed-in user, whose account is
   * counted.
   */
  addresses: readonly Bucket[]
  /** Buckets of the recipient, and of the account that asks. */
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

/** The result of a statement that counts a mail: the limit that refused it, or what is to be sent. */
export type MailRequested = {
  refusedBy: MailLimitName | null
  secondsToWait: number | null
  deliveries: Delivery[]
}

/** The fields of a `MailRequested`. Need the parts of `spendForMail` and `queueMails`. */
export const MAIL_REQUESTED = { ...MAIL_REFUSAL, deliveries: DELIVERIES }
