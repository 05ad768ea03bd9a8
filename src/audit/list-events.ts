import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import { makeRecordBucket } from '../limits/make-buckets.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { Actor } from '../sql/authority.ts'
import {
  type EventFilter,
  type EventPosition,
  type SecurityEvent,
  selectEvents,
  selectOwnEvents,
} from './list-events.sql.ts'

/** One page of events, and the cursor of the next; `null` after the last. */
export type EventPage = { events: SecurityEvent[]; nextCursor: string | null }

/** @param cursor the `nextCursor` of the page before; absent for the first page */
type Asked = { cursor: string | undefined; limit: number }

/**
 * Reads a page of the events of one user, the newest first.
 *
 * @throws AppError `validation_failed` for a cursor that no page gave out
 */
export async function listOwnEvents(
  { db }: Pick<Deps, 'db'>,
  { userId, ...asked }: Asked & { userId: number },
): Promise<EventPage> {
  const page = toPage(asked)
  return toEventPage(await selectOwnEvents(db, { ...page, userId }), asked)
}

/**
 * Reads a page of the events of all accounts, the newest first, and records that it was read.
 *
 * @throws AppError `validation_failed` for a cursor that no page gave out; `forbidden` if the caller lost the
 *   permission; `invalid_token` if their session has ended
 */
export async function listEvents(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'limitKeys'>,
  { actor, cursor, limit, ...filter }: EventFilter & Asked & { actor: Actor },
): Promise<EventPage> {
  const page = toPage({ cursor, limit })
  const userId = filter.userId ?? filter.actorId ?? null
  const bucket = await makeRecordBucket(deps, 'read', `${actor.userId} events ${userId}`)
  const reading = { actor, userId, bucket, now: deps.clock() }
  const events = await selectEvents(deps, { ...filter, ...page, reading })
  if (typeof events === 'string') throw refusalError(events)
  return toEventPage(events, { limit })
}

/** One row more than is shown tells whether there are more. */
function toPage({ cursor, limit }: Asked): { after: EventPosition | null; limit: number } {
  return { after: cursor === undefined ? null : readCursor(cursor), limit: limit + 1 }
}

function toEventPage(found: SecurityEvent[], { limit }: Pick<Asked, 'limit'>): EventPage {
  const events = found.slice(0, limit)
  const last = events.at(-1)
  return { events, nextCursor: last && found.length > limit ? toCursor(last) : null }
}

function toCursor({ occurredAt, id }: EventPosition): string {
  return `${occurredAt.getTime()}.${id}`
}

function readCursor(cursor: string): EventPosition {
  const [, milliseconds, id] = /^(\d{1,14})\.([1-9]\d{0,14})$/.exec(cursor) ?? []
  if (!milliseconds || !id) {
    const detail = 'is not a cursor of this list'
    throw fieldError('validation_failed', { pointer: '/cursor', code: 'invalid_format', detail })
  }
  return { occurredAt: new Date(Number(milliseconds)), id: Number(id) }
}
