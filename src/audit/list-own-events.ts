import type { Deps } from '../deps.ts'
import { listEvents, type SecurityEvent } from './queries.ts'

/** One page of a person's own security events, and where the next begins; `null` after the last. */
export type EventPage = { events: SecurityEvent[]; nextBefore: number | null }

/**
 * Reads a page of what happened to somebody's account, the newest first.
 *
 * @param input.before the event that the page before ended with; `null` for the first page
 */
export async function listOwnEvents(
  { db }: Pick<Deps, 'db'>,
  { userId, before, limit }: { userId: number; before: number | null; limit: number },
): Promise<EventPage> {
  // One more than is shown tells whether there are more.
  const events = await listEvents(db, { userId, before, limit: limit + 1 })
  const page = events.slice(0, limit)
  return { events: page, nextBefore: events.length > limit ? (page.at(-1)?.id ?? null) : null }
}
