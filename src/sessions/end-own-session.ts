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
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { userId, sessionId }: { userId: number; sessionId: string },
): Promise<void> {
  const ended =
    isUuid(sessionId) &&
    (await endSession(deps, { sessionId, userId, now: deps.clock(), type: 'session_ended' }))
  if (!ended) throw new AppError('not_found')
}
