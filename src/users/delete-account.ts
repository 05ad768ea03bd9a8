import { AppError } from '../errors.ts'
import { type Caller, type ConfirmDeps, confirmPassword, notDoneError } from '../passwords/confirm.ts'
import { deleteOwnUser } from './delete-account.sql.ts'

/**
 * Deletes a user's own account with everything that belongs to it, sessions included.
 *
 * @throws AppError `wrong_password` or `rate_limited`; `last_admin` if no other enabled user is an
 *   administrator; `invalid_token` if the caller's session has ended meanwhile
 */
export async function deleteAccount(
  deps: ConfirmDeps,
  { password, ...caller }: Caller & { password: string },
): Promise<void> {
  const pointer = '/password'
  const confirmed = await confirmPassword(deps, { ...caller, password, pointer })
  const act = { ...confirmed, userId: caller.user.id, sessionId: caller.sessionId, now: deps.clock() }
  const { outcome, deliveries } = await deleteOwnUser(deps, act)
  if (outcome === 'last_admin') throw new AppError('last_admin')
  if (outcome !== 'done') throw notDoneError(outcome, pointer)
  deps.deliverLater(deliveries)
}
