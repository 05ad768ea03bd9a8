import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { type User, updateProfile } from './queries.ts'
import { taken } from './register.ts'

/**
 * Changes the username or the name of a user.
 *
 * @throws AppError `username_taken` with the pointer; `invalid_token` where the session ended meanwhile
 */
export async function changeProfile(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  change: { id: number; sessionId: string; username?: string; fullName?: string },
): Promise<User> {
  const result = await updateProfile(deps, { ...change, now: deps.clock() })
  if (result === 'username') throw taken(result)
  if (!result) throw new AppError('invalid_token')
  return result
}
