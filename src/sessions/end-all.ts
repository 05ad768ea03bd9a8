import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { revokeSessions } from './end-all.sql.ts'

/**
 * Ends every session of a user; with `keepCurrent`, every one but the caller's.
 *
 * @throws AppError `invalid_token` if the caller's session has ended meanwhile
 */
export async function endAllSessions(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  caller: { userId: number; sessionId: string; keepCurrent: boolean },
): Promise<void> {
  if (!(await revokeSessions(deps, { ...caller, now: deps.clock() }))) throw new AppError('invalid_token')
}
