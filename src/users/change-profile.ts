import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { User } from '../sql/users.ts'
import { updateProfile } from './change-profile.sql.ts'
import { takenError } from './taken-error.ts'

/**
 * Changes a user's own username or full name.
 *
 * @returns the user as stored now
 * @throws AppError `username_taken` with the pointer; `invalid_token` if the caller's session has ended
 */
export async function changeProfile(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  change: { id: number; sessionId: string; username?: string; fullName?: string },
): Promise<User> {
  const result = await updateProfile(deps, { ...change, now: deps.clock() })
  if (result === 'username') throw takenError(result)
  if (!result) throw new AppError('invalid_token')
  return result
}
