import type { Deps } from '../deps.ts'
import { confirmPassword, wrongPassword } from '../sessions/confirm-password.ts'
import { replacePassword } from './queries.ts'

export type PasswordChange = {
  userId: number
  sessionId: string
  currentPassword: string
  newPassword: string
}

/**
 * Changes a password: every other session of the user ends, whoever has it.
 *
 * @throws AppError `wrong_password`
 */
export async function changePassword(
  deps: Pick<Deps, 'db' | 'passwords'>,
  { userId, sessionId, currentPassword, newPassword }: PasswordChange,
): Promise<void> {
  const pointer = '/current_password'
  const { authVersion } = await confirmPassword(deps, { userId, password: currentPassword, pointer })
  const passwordHash = await deps.passwords.hash(newPassword)
  const change = { id: userId, authVersion, passwordHash, keepSession: sessionId }
  if (!(await replacePassword(deps.db, change))) throw wrongPassword(pointer)
}
