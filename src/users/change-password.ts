import type { Deps } from '../deps.ts'
import { assertDone, confirmPassword } from '../sessions/confirm-password.ts'
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
 * @throws AppError `wrong_password`; `invalid_token` where the caller's session ended meanwhile
 */
export async function changePassword(
  deps: Pick<Deps, 'db' | 'clock' | 'passwords'>,
  { userId, sessionId, currentPassword, newPassword }: PasswordChange,
): Promise<void> {
  const pointer = '/current_password'
  const { authVersion } = await confirmPassword(deps, { userId, password: currentPassword, pointer })
  const passwordHash = await deps.passwords.hash(newPassword)
  const now = deps.clock()
  assertDone(await replacePassword(deps.db, { userId, sessionId, authVersion, passwordHash, now }), pointer)
}
