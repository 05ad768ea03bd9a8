import type { Deps } from '../deps.ts'
import { deleteEndedSessions } from './queries.ts'

/** How long an ended session is kept for whoever has to find out what happened. */
const RETENTION_DAYS = 30

/** A statement that deletes a thousand rows takes milliseconds and holds nobody up. */
const BATCH_ROWS = 1000
const MAX_BATCHES = 50

/**
 * Deletes sessions that ended long ago, in bounded batches; the rest waits for the next run. A session is
 * judged by the end that nothing can move back: a live one is never touched, a refresh in the same moment
 * included, since that session's end is weeks ahead of what is deleted.
 *
 * @returns how many were deleted
 */
export async function purgeSessions({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const before = new Date(clock().getTime() - RETENTION_DAYS * 86_400_000)
  let total = 0
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const deleted = await deleteEndedSessions(db, { before, limit: BATCH_ROWS })
    total += deleted
    if (deleted < BATCH_ROWS) break
  }
  return total
}
