import type { Deps } from '../deps.ts'
import { inBatches } from '../schedule/in-batches.ts'
import { deleteBefore } from '../schedule/purge.sql.ts'
import { sessions } from './schema.ts'

/** How long an ended session is kept for whoever has to find out what happened. */
const RETENTION_DAYS = 30

/**
 * Deletes sessions that ended long ago. A session is judged by the end that nothing can move back: a live one is
 * never touched, a refresh in the same moment included, since that session's end is weeks ahead of what is
 * deleted.
 *
 * @returns how many were deleted
 */
export function purgeSessions({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const before = new Date(clock().getTime() - RETENTION_DAYS * 86_400_000)
  return inBatches((limit) =>
    deleteBefore(db, { table: sessions, age: sessions.idleExpiresAt, before, limit }),
  )
}
