import type { SQL } from 'drizzle-orm'
import type { Delivery } from '../deps.ts'
import { outbox } from '../outbox/schema.ts'
import type { EventSource } from './events.ts'
import { columnsOf, insertInto, list } from './parts.ts'
import { identifier, join, sql } from './template.ts'
import { type Moment, time } from './time.ts'

/**
 * How long a claim lasts. The request that inserts a row has claimed it; if its process ends before it has
 * recorded a result, the schedule claims the row after this time.
 */
export const LEASE_SECONDS = 120

/** How long a row is tried; less if its message expires sooner. */
export const GIVE_UP_SECONDS = 86_400

/** Messages of one kind that a statement sends, one for each row of `from`. */
export type OutboxSource = {
  kind: string
  /** The name among those of its kind, such as `password_reset` for a mail. */
  name: string
  /** `from …`, with a `where` if needed. */
  from: SQL
  /** Whom it goes to: an address, or a URL. */
  recipient: SQL
  /** Whom it is about. */
  userId: SQL
  /** An expression of type jsonb. */
  payload: SQL
  /** After this it is pointless; an expression of type timestamptz, which may be null: never. */
  expiresAt: SQL
  /** Whether a newer one of the same kind, name and user makes it pointless. */
  isReplaceable: boolean
  /** How many of this name a recipient gets within a day; an expression, which may be null: any number. */
  maxADay: SQL
  /** Whether it counts as sent once it is stored. */
  isSent: SQL
  /** Whether it is stored at all. */
  isWanted: SQL
}

/**
 * The part `queued`, which inserts messages that this request has claimed. The answer needs the field
 * `deliveries: DELIVERIES`, which the verb passes to `deps.deliverLater`.
 */
export function enqueue(sources: readonly OutboxSource[], now: Moment): SQL {
  const rows = sources.map(({ from, ...source }) => sql`select ${list(columnsOfSource(source))} ${from}`)
  const values = {
    kind: sql`message.kind`,
    name: sql`message.name`,
    recipient: sql`message.recipient`,
    userId: sql`message.user_id`,
    payload: sql`message.payload`,
    createdAt: time(now),
    notBefore: time(now),
    expiresAt: sql`message.expires_at`,
    isReplaceable: sql`message.is_replaceable`,
    giveUpAt: sql`
      least(message.expires_at, ${time(now)} + make_interval(secs => ${GIVE_UP_SECONDS}::integer))`,
    attempts: 1,
    lockedUntil: sql`${time(now)} + make_interval(secs => ${LEASE_SECONDS}::integer)`,
    sentAt: sql`case when message.is_sent then ${time(now)} end`,
  }
  const from = sql`from (${join(rows, ' union all ')})
    as message (
      kind, name, recipient, user_id, payload, expires_at, max_a_day, is_replaceable, is_sent, is_wanted
    )
    where message.is_wanted and (message.max_a_day is null or ${countOfDay(now)} < message.max_a_day)`
  return sql`${insertInto(outbox, values, { from })} returning *`
}

function columnsOfSource(source: Omit<OutboxSource, 'from'>): SQL[] {
  const { kind, name, recipient, userId, payload, expiresAt } = source
  const { isReplaceable, maxADay, isSent, isWanted } = source
  return [
    sql`${kind}::text`,
    sql`${name}::text`,
    sql`lower(${recipient})`,
    sql`${userId}::integer`,
    payload,
    sql`${expiresAt}::timestamptz`,
    sql`${maxADay}::integer`,
    ...[sql`${isReplaceable}`, isSent, isWanted].map((flag) => sql`${flag}::boolean`),
  ]
}

const recent = columnsOf(outbox, 'recent')

/** How many of its name the recipient of `message` got within a day. */
function countOfDay(now: Moment): SQL {
  return sql`(
    select count(*) from ${outbox} recent
    where ${recent.recipient} = message.recipient and ${recent.name} = message.name
      and ${recent.createdAt} > ${time(now)} - make_interval(days => 1))`
}

const queued = columnsOf(outbox, 'queued')

/** The field `deliveries` of an answer: the rows of `queued` that are still to be sent. */
export const DELIVERIES = sql`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', ${queued.id}, 'kind', ${queued.kind}, 'name', ${queued.name},
    'recipient', ${queued.recipient}, 'payload', ${queued.payload},
    'attempts', ${queued.attempts},
    'lockedUntil', extract(epoch from ${queued.lockedUntil}) * 1000
  )), '[]') from queued where ${queued.sentAt} is null)`.mapWith(outbox.payload) as unknown as SQL<Delivery[]>

/**
 * The event that a delivery was given up.
 *
 * @param part the name of a part with its rows
 */
export function givenUpEvent(part: string): EventSource {
  const { userId, kind, name } = columnsOf(outbox, part)
  return {
    type: 'delivery_given_up',
    from: sql`from ${identifier(part)}`,
    userId,
    details: sql`jsonb_build_object('kind', ${kind}, 'name', ${name})`,
  }
}
