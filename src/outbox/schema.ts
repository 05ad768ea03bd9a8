import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, text, uuid } from 'drizzle-orm/pg-core'
import { lumascope, time } from '../features/tables.ts'

/**
 * Messages to other servers, such as mails. The statement of an act inserts its rows, so there is no act
 * without them and no row of an act that failed. Each is sent after the response, at least once.
 */
export const outbox = lumascope.table(
  'outbox',
  {
    /** Given by the database. Receivers recognise a second copy by it. */
    id: uuid('id').primaryKey().defaultRandom(),
    /** The order in which they were stored, given by the database: clocks differ. */
    number: bigint('number', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    /** Which channel sends it: a name in `deps.channels`. */
    kind: text('kind').notNull(),
    /** The name among those of its kind, such as `password_reset` for a mail. */
    name: text('name').notNull(),
    /** Whom it goes to: an address in lower case, or a URL. */
    recipient: text('recipient').notNull(),
    /** Whom it is about. Not a foreign key: who deleted an account is told. */
    userId: integer('user_id').notNull(),
    /**
     * For the channel, such as a `MailPayload`. It has no token: links are made when it is sent.
     */
    payload: jsonb('payload').$type<Readonly<Record<string, unknown>>>().notNull(),
    createdAt: time('created_at').notNull(),
    /** Not before this; moved by every failure. */
    notBefore: time('not_before').notNull(),
    /** After this sending it is pointless, as when its link has expired; null: never. */
    expiresAt: time('expires_at'),
    /**
     * Whether a newer one of the same kind, name and user makes it pointless, as a newer link ends an older
     * one.
     */
    isReplaceable: boolean('is_replaceable').notNull(),
    /** After this it is not tried again. */
    giveUpAt: time('give_up_at').notNull(),
    /** How often it was claimed. A claim by a request can be two tries. */
    attempts: integer('attempts').notNull().default(0),
    /** When the claim ends; null: not claimed. */
    lockedUntil: time('locked_until'),
    /** When the other server accepted it; null: not yet. */
    sentAt: time('sent_at'),
    /** When it was given up; null: it was not. */
    givenUpAt: time('given_up_at'),
    /** `expired`, `refused` for good, or `replaced` by a newer one. */
    givenUpReason: text('given_up_reason').$type<'expired' | 'refused' | 'replaced'>(),
    /** Why the last attempt failed, for operators. */
    lastError: text('last_error'),
  },
  (table) => [
    // For claiming: only what waits, which is little, however much was sent.
    index('outbox_waiting_index')
      .on(table.kind, table.notBefore, table.id)
      .where(sql`${table.sentAt} is null and ${table.givenUpAt} is null`),
    index('outbox_given_up_at_index').on(table.givenUpAt).where(sql`${table.givenUpAt} is not null`),
    // For finding a newer one, and for counting those of a day.
    index('outbox_recipient_index').on(table.recipient, table.name, table.createdAt),
    // For the purge.
    index('outbox_created_at_index').on(table.createdAt),
  ],
)
