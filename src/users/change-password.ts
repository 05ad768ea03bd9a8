import type { AttemptDeps } from '../limits/attempt-password.ts'
import { assertDone, type Caller, confirmPassword } from '../sessions/confirm-password.ts'
import { replacePassword } from './queries.ts'

export type PasswordChange = Caller & { currentPassword: string; newPassword: string }

/**
 * Changes a password: every other session of the user ends, whoever has it.
 *
 * @throws AppError `wrong_password` or `rate_limited`; `invalid_token` where the caller's session ended meanwhile
 */
export async function changePassword(
  deps: AttemptDeps,
  { currentPassword, newPassword, ...caller }: PasswordChange,
): Promise<void> {
  const pointer = '/current_password'
  const confirmed = await confirmPassword(deps, { ...caller, password: currentPassword, pointer })
  const passwordHash = await deps.passwords.hash(newPassword)
  const act = { ...confirmed, userId: caller.user.id, sessionId: caller.sessionId, now: deps.clock() }
  assertDone(await replacePassword(deps, { ...act, passwordHash }), pointer)
}
