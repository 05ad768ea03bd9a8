import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { AdminUser } from '../sql/admin-users.ts'
import { takenError } from '../users/taken-error.ts'
import { type UserChange, updateUser } from './change-user.sql.ts'

/**
 * Changes somebody's account. Disabling ends every session at once; enabling restores none of them, and
 * unlocks the account.
 *
 * @throws AppError `not_found`; `username_taken` with the pointer; `last_admin`; `validation_failed` for a
 *   reason without a disabled account; `forbidden` if the caller lost the permission, or the other user may
 *   do more; `invalid_token` if the caller's session has ended
 */
export async function changeUser(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  input: Omit<UserChange, 'now'>,
): Promise<AdminUser> {
  const changed = await updateUser(deps, { ...input, now: deps.clock() })
  if (typeof changed !== 'string') return changed
  if (changed === 'username') throw takenError('username')
  if (changed === 'not_disabled') {
    const detail = 'is for accounts that are disabled'
    throw fieldError('validation_failed', { pointer: '/disabled_reason', code: 'invalid', detail })
  }
  throw refusalError(changed)
}
