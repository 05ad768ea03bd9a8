import type { Deps } from '../deps.ts'
import { refused } from '../roles/refused.ts'
import type { Actor } from '../sql/authority.ts'
import { endUserSessions as end } from './queries.ts'

/**
 * Signs somebody out everywhere.
 *
 * @throws AppError `not_found`; `forbidden` for somebody who may do what the caller may not; `invalid_token` where the
 *   caller's session ended meanwhile
 */
export async function endUserSessions(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  act: { actor: Actor; userId: number },
): Promise<void> {
  const { outcome } = await end(deps, { ...act, now: deps.clock() })
  if (outcome !== 'done') throw refused(outcome)
}
