import { isUuid } from '../crypto/encoding.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { revokeSession } from './end.sql.ts'

/**
 * Ends one of a user's own sessions. Somebody else's is answered like one that does not exist, so that no
 * answer confirms an id.
 *
 * @param options.caller the session that the request belongs to
 * @throws AppError `not_found`; `invalid_token` if the caller's session has ended meanwhile
 */
export async function endSession(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { caller, sessionId }: { caller: { userId: number; sessionId: string }; sessionId: string },
): Promise<void> {
  if (!isUuid(sessionId)) throw new AppError('not_found')
  const ending = { sessionId, caller, now: deps.clock(), type: 'session_ended' } as const
  const outcome = await revokeSession(deps, ending)
  if (outcome === 'ended') throw new AppError('invalid_token')
  if (outcome === 'not_found') throw new AppError('not_found')
}
