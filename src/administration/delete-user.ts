import type { Deps } from '../deps.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { Actor } from '../sql/authority.ts'
import { deleteUserById } from './delete-user.sql.ts'

/**
 * Deletes somebody's account with everything that belongs to it, sessions included. Its owner is told by
 * mail.
 *
 * @throws AppError `not_found`, `last_admin`; `forbidden` if the caller lost the permission, or the other
 *   user may do more; `invalid_token` if the caller's session has ended
 */
export async function deleteUser(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'mailing' | 'deliverLater'>,
  act: { actor: Actor; userId: number },
): Promise<void> {
  const { outcome, deliveries } = await deleteUserById(deps, { ...act, now: deps.clock() })
  if (outcome !== 'done') throw refusalError(outcome)
  deps.deliverLater(deliveries)
}
