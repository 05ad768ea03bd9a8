import type { Deps } from '../deps.ts'
import { assertDone, confirmPassword } from '../sessions/confirm-password.ts'
import { deleteUser } from './queries.ts'

/**
 * Deletes a user's own account with everything that belongs to it, sessions included.
 *
 * @throws AppError `wrong_password`; `invalid_token` where the caller's session ended meanwhile
 */
export async function deleteAccount(
  deps: Pick<Deps, 'db' | 'clock' | 'passwords'>,
  { userId, sessionId, password }: { userId: number; sessionId: string; password: string },
): Promise<void> {
  const pointer = '/password'
  const { authVersion } = await confirmPassword(deps, { userId, password, pointer })
  const now = deps.clock()
  assertDone(await deleteUser(deps.db, { userId, sessionId, authVersion, now }), pointer)
}
