import type { Deps } from '../deps.ts'
import { assertAcceptable, type PasswordRulesDeps } from '../passwords/assert-acceptable.ts'
import { assertDone, confirmPassword } from '../sessions/confirm-password.ts'
import { replacePassword } from './queries.ts'

export type PasswordChange = {
  userId: number
  username: string
  email: string
  sessionId: string
  currentPassword: string
  newPassword: string
}

/**
 * Changes a password: every other session of the user ends, whoever has it. The new one is checked first, so
 * that a weak choice costs no attempt at the current one.
 *
 * @throws AppError `wrong_password`; `invalid_token` where the caller's session ended meanwhile; what
 *   `assertAcceptable` throws
 */
export async function changePassword(
  deps: Pick<Deps, 'db' | 'clock' | 'passwords'> & PasswordRulesDeps,
  { userId, username, email, sessionId, currentPassword, newPassword }: PasswordChange,
): Promise<void> {
  await assertAcceptable(deps, { password: newPassword, username, email, pointer: '/new_password' })
  const pointer = '/current_password'
  const { authVersion } = await confirmPassword(deps, { userId, password: currentPassword, pointer })
  const passwordHash = await deps.passwords.hash(newPassword)
  const now = deps.clock()
  assertDone(await replacePassword(deps.db, { userId, sessionId, authVersion, passwordHash, now }), pointer)
}
