import type { Deps } from '../deps.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { Actor } from '../sql/authority.ts'
import { raiseAuthVersion } from './end-user-sessions.sql.ts'

/**
 * Signs somebody out everywhere.
 *
 * @throws AppError `not_found`; `forbidden` if the caller lost the permission, or the other user may do more;
 *   `invalid_token` if the caller's session has ended
 */
export async function endUserSessions(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  act: { actor: Actor; userId: number },
): Promise<void> {
  const outcome = await raiseAuthVersion(deps, { ...act, now: deps.clock() })
  if (outcome !== 'done') throw refusalError(outcome)
}
