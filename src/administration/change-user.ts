import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import { refused } from '../roles/refused.ts'
import { taken } from '../users/register.ts'
import { type AdminUser, changeUser as change, type UserChange } from './queries.ts'

/**
 * Changes somebody's account. Disabling ends every session at once; enabling brings none back, and opens an account
 * that a hundred wrong passwords locked.
 *
 * @throws AppError `not_found`; `username_taken` with the pointer; `last_admin`; `validation_failed` for a reason of an
 *   account that is not disabled; `forbidden` for somebody who may do what the caller may not, and where the caller may
 *   no more; `invalid_token` where the caller's session ended meanwhile
 */
export async function changeUser(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  input: Omit<UserChange, 'now'>,
): Promise<AdminUser> {
  const outcome = await change(deps, { ...input, now: deps.clock() })
  if (outcome.outcome === 'done') return outcome.result
  if (outcome.outcome === 'username') throw taken('username')
  if (outcome.outcome === 'not_disabled') {
    const detail = 'is for accounts that are disabled'
    throw fieldError('validation_failed', { pointer: '/disabled_reason', code: 'invalid', detail })
  }
  throw refused(outcome.outcome)
}
