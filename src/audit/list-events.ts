import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import { recordBudget } from '../limits/budgets.ts'
import { refused } from '../roles/refused.ts'
import type { Actor } from '../sql/authority.ts'
import {
  type EventFilter,
  type EventPosition,
  listEvents as findEvents,
  listOwnEvents as findOwnEvents,
  type SecurityEvent,
} from './queries.ts'

/** One page of events, and where the next begins; `null` after the last. */
export type EventPage = { events: SecurityEvent[]; nextCursor: string | null }

/** @param cursor what the page before named; absent for the first page */
type Asked = { cursor: string | undefined; limit: number }

/**
 * Reads a page of what happened to one person, the newest first.
 *
 * @throws AppError `validation_failed` for a cursor that no page named
 */
export async function listOwnEvents(
  { db }: Pick<Deps, 'db'>,
  { userId, ...asked }: Asked & { userId: number },
): Promise<EventPage> {
  const page = toPage(asked)
  return toEventPage(await findOwnEvents(db, { ...page, userId }), asked)
}

/**
 * Reads a page of what happened to all, the newest first, and puts on record that it was read.
 *
 * @throws AppError `validation_failed` for a cursor that no page named; `forbidden` or `invalid_token` where the
 *   caller may no more, or their session ended meanwhile
 */
export async function listEvents(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'limitKeys'>,
  { actor, cursor, limit, ...filter }: EventFilter & Asked & { actor: Actor },
): Promise<EventPage> {
  const page = toPage({ cursor, limit })
  const userId = filter.userId ?? filter.actorId ?? null
  const budget = await recordBudget(deps, 'read', `${actor.userId} events ${userId}`)
  const reading = { actor, userId, budget, now: deps.clock() }
  const events = await findEvents(deps, { ...filter, ...page, reading })
  if (typeof events === 'string') throw refused(events)
  return toEventPage(events, { limit })
}

/** One more than is shown tells whether there are more. */
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
    throw fieldError('validation_failed', {
      ...{ pointer: '/cursor', code: 'invalid_format', detail: 'is not a cursor of this list' },
    })
  }
  return { occurredAt: new Date(Number(milliseconds)), id: Number(id) }
}
