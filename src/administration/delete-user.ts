import type { Deps } from '../deps.ts'
import { refused } from '../roles/refused.ts'
import type { Actor } from '../sql/authority.ts'
import { deleteUser as remove } from './queries.ts'

/**
 * Deletes somebody's account with everything that belongs to it, sessions included.
 *
 * @throws AppError `not_found`, `last_admin`; `forbidden` for somebody who may do what the caller may not;
 *   `invalid_token` where the caller's session ended meanwhile
 */
export async function deleteUser(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  act: { actor: Actor; userId: number },
): Promise<void> {
  const { outcome } = await remove(deps, { ...act, now: deps.clock() })
  if (outcome !== 'done') throw refused(outcome)
}
