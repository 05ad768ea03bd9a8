import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Session } from '../sql/sessions.ts'
import { selectSessions } from './queries.ts'

/**
 * Lists the live sessions of a user, the last used first.
 *
 * @throws AppError `invalid_token` if the user has been deleted meanwhile
 */
export async function listSessions(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  { userId }: { userId: number },
): Promise<Session[]> {
  const sessions = await selectSessions(db, { userId, now: clock() })
  if (!sessions) throw new AppError('invalid_token')
  return sessions
}
