import type { Deps } from '../deps.ts'
import { memberError } from '../errors.ts'
import {
  type EventFilter,
  type EventPosition,
  listEvents as findEvents,
  type SecurityEvent,
} from './queries.ts'

/** One page of events, and where the next begins; `null` after the last. */
export type EventPage = { events: SecurityEvent[]; nextCursor: string | null }

/**
 * Reads a page of what happened, the newest first.
 *
 * @param input.cursor what the page before named; absent for the first page
 * @throws AppError `validation_failed` for a cursor that no page named
 */
export async function listEvents(
  { db }: Pick<Deps, 'db'>,
  { cursor, limit, ...filter }: EventFilter & { cursor: string | undefined; limit: number },
): Promise<EventPage> {
  const after = cursor === undefined ? null : readCursor(cursor)
  // One more than is shown tells whether there are more.
  const events = await findEvents(db, { ...filter, after, limit: limit + 1 })
  const page = events.slice(0, limit)
  const last = page.at(-1)
  return { events: page, nextCursor: last && events.length > limit ? toCursor(last) : null }
}

function toCursor({ occurredAt, id }: EventPosition): string {
  return `${occurredAt.getTime()}.${id}`
}

function readCursor(cursor: string): EventPosition {
  const [, milliseconds, id] = /^(\d{1,14})\.([1-9]\d{0,14})$/.exec(cursor) ?? []
  if (!milliseconds || !id) {
    throw memberError('validation_failed', {
      ...{ pointer: '/cursor', code: 'invalid_format', detail: 'is not a cursor of this list' },
    })
  }
  return { occurredAt: new Date(Number(milliseconds)), id: Number(id) }
}
