import type { Deps } from '../deps.ts'
import { confirmPassword, wrongPassword } from '../sessions/confirm-password.ts'
import { deleteUser } from './queries.ts'

/**
 * Deletes a user's own account with everything that belongs to it, sessions included.
 *
 * @throws AppError `wrong_password`
 */
export async function deleteAccount(
  deps: Pick<Deps, 'db' | 'passwords'>,
  { userId, password }: { userId: number; password: string },
): Promise<void> {
  const pointer = '/password'
  const { authVersion } = await confirmPassword(deps, { userId, password, pointer })
  if (!(await deleteUser(deps.db, { id: userId, authVersion }))) throw wrongPassword(pointer)
}
