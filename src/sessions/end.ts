import { isUuid } from '../crypto/encoding.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { revokeSession } from './end.sql.ts'

/**
 * Ends one of a user's own sessions. Somebody else's is answered like one that does not exist, so that no
 * answer confirms an id.
 *
 * @throws AppError `not_found`
 */
export async function endSession(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { userId, sessionId }: { userId: number; sessionId: string },
): Promise<void> {
  const ending = { sessionId, userId, now: deps.clock(), type: 'session_ended' } as const
  if (!isUuid(sessionId) || !(await revokeSession(deps, ending))) throw new AppError('not_found')
}
