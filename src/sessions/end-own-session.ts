import { isUuid } from '../crypto/encoding.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { endSession } from './queries.ts'

/**
 * Ends one of a user's own sessions. The session of somebody else is answered like one that never was.
 *
 * @throws AppError `not_found`
 */
export async function endOwnSession(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  { userId, sessionId }: { userId: number; sessionId: string },
): Promise<void> {
  const ended =
    isUuid(sessionId) && (await endSession(db, { sessionId, userId, now: clock(), reason: 'ended' }))
  if (!ended) throw new AppError('not_found')
}
