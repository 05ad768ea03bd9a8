import type { AttemptDeps } from '../limits/attempt-password.ts'
import { assertAcceptable, type PasswordRulesDeps } from '../passwords/assert-acceptable.ts'
import { type Caller, confirmPassword, notDone } from '../sessions/confirm-password.ts'
import { replacePassword } from './queries.ts'

export type PasswordChange = Caller & { currentPassword: string; newPassword: string }

/**
 * Changes a password: every other session of the user ends, whoever has it. The new one is checked first, so
 * that a weak choice costs no attempt at the current one.
 *
 * @returns the version that the password has now
 * @throws AppError `wrong_password` or `rate_limited`; `invalid_token` where the caller's session ended meanwhile;
 *   what `assertAcceptable` throws
 */
export async function changePassword(
  deps: AttemptDeps & PasswordRulesDeps,
  { currentPassword, newPassword, ...caller }: PasswordChange,
): Promise<{ passwordVersion: number }> {
  const { username, email } = caller.user
  await assertAcceptable(deps, { password: newPassword, username, email, pointer: '/new_password' })
  const pointer = '/current_password'
  const confirmed = await confirmPassword(deps, { ...caller, password: currentPassword, pointer })
  const passwordHash = await deps.passwords.hash(newPassword)
  const act = { ...confirmed, userId: caller.user.id, sessionId: caller.sessionId, now: deps.clock() }
  const passwordVersion = await replacePassword(deps, { ...act, passwordHash })
  if (typeof passwordVersion === 'string') throw notDone(passwordVersion, pointer)
  return { passwordVersion }
}
