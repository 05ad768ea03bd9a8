import type { Placeholder, SQL } from 'drizzle-orm'
import type { Delivery, Mailing } from '../deps.ts'
import type { MessageName } from '../mail/message.ts'
import type { Client } from '../net/client-address.ts'
import type { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { outbox } from '../outbox/schema.ts'
import type { users } from '../users/schema.ts'
import type { EventSource } from './events.ts'
import { type ColumnsOf, columnsOf, insertInto } from './parts.ts'
import { identifier, join, sql } from './template.ts'
import { type Moment, time } from './time.ts'

/** A value, or the placeholder of one. */
type OrPlaceholder<Values> = { [Name in keyof Values]: Values[Name] | Placeholder }

/** What the mails of a statement have in common. */
export type Sender = {
  mailing: OrPlaceholder<Mailing>
  client: OrPlaceholder<Pick<Client, 'address' | 'userAgent' | 'language'>>
  now: Moment
}

/**
 * How long a claim lasts. The request that inserts a row has claimed it; if its process ends before it has
 * recorded a result, the schedule claims the row after this time.
 */
export const LEASE_SECONDS = 120

/** A day; less if the link of the message expires sooner. */
const GIVE_UP_SECONDS = 86_400

/** One kind of message that a statement sends, to the user of each row of `from`. */
export type MailSource = {
  message: MessageName
  /** `from …`, with a `where` if needed. */
  from: SQL
  /** Whose account the message is about. */
  user: Pick<ColumnsOf<typeof users>, 'id' | 'email' | 'username'>
  /** The recipient, if it is not the user's address. */
  to?: SQL
  newEmail?: SQL
  /** The token of the link. */
  token?: ColumnsOf<typeof oneTimeTokens>
  /** Whether the message shows the client. Default: true; false if an administrator or a stranger acted. */
  showsClient?: boolean
}

/**
 * The part `queued`, which inserts mails that this request has claimed. The answer needs the field
 * `deliveries: DELIVERIES`, which the verb passes to `deps.deliver`.
 */
export function queueMails(sender: Sender, mails: readonly MailSource[]): SQL {
  const { mailing, now } = sender
  const rows = mails.map((mail) => sql`select ${payloadOf(mail, sender)}, ${expiryOf(mail)} ${mail.from}`)
  const values = {
    kind: 'mail',
    payload: sql`mail.payload`,
    createdAt: time(now),
    notBefore: time(now),
    giveUpAt: sql`least(mail.expires_at, ${time(now)} + make_interval(secs => ${GIVE_UP_SECONDS}::integer))`,
    attempts: 1,
    lockedUntil: sql`${time(now)} + make_interval(secs => ${LEASE_SECONDS}::integer)`,
    sentAt: sql`case when ${mailing.isMailbox}::boolean then ${time(now)} end`,
  }
  const from = sql`from (${join(rows, ' union all ')}) as mail (payload, expires_at)
    where ${mailing.isOn}::boolean`
  return sql`${insertInto(outbox, values, { from })} returning *`
}

const queued = columnsOf(outbox, 'queued')

/** The field `deliveries` of an answer: the rows of `queued` that are still to be sent. */
export const DELIVERIES = sql`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', ${queued.id}, 'kind', ${queued.kind}, 'payload', ${queued.payload},
    'attempts', ${queued.attempts},
    'lockedUntil', extract(epoch from ${queued.lockedUntil}) * 1000
  )), '[]') from queued where ${queued.sentAt} is null)`.mapWith(outbox.payload) as unknown as SQL<Delivery[]>

function payloadOf({ message, user, to, newEmail, token, showsClient = true }: MailSource, sender: Sender) {
  const { client, now } = sender
  const link = token
    ? sql`jsonb_build_object('purpose', ${token.purpose}, 'id', ${token.id},
        'expires_at', floor(extract(epoch from ${token.expiresAt})))`
    : sql`null::jsonb`
  const from = showsClient
    ? sql`jsonb_build_object('address', ${client.address}::text, 'user_agent', ${client.userAgent}::text)`
    : sql`null::jsonb`
  return sql`jsonb_build_object('message', ${message}::text, 'language', ${client.language}::text,
    'user_id', ${user.id}, 'to', ${to ?? user.email}, 'email', ${user.email}, 'username', ${user.username},
    'new_email', ${newEmail ?? sql`null::text`}, 'at', extract(epoch from ${time(now)}),
    'client', ${from}, 'token', ${link})`
}

function expiryOf({ token }: MailSource): SQL {
  return token ? sql`${token.expiresAt}` : sql`'infinity'::timestamptz`
}

/**
 * The event that a delivery was given up.
 *
 * @param part the name of a part with its rows
 */
export function givenUpEvent(part: string): EventSource {
  const row = columnsOf(outbox, part)
  return {
    type: 'delivery_given_up',
    from: sql`from ${identifier(part)}`,
    userId: sql`(${row.payload} ->> 'user_id')`,
    details: sql`jsonb_build_object('kind', ${row.kind}, 'message', ${row.payload} -> 'message')`,
  }
}
