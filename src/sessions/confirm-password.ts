import type { Device } from '../crypto/device-token.ts'
import { AppError, memberError } from '../errors.ts'
import { type AttemptDeps, attemptPassword } from '../limits/attempt-password.ts'
import { recordFailedConfirmation } from '../limits/queries.ts'
import type { NotDone, User } from '../users/queries.ts'

/** Somebody who is signed in, and the browser they come with. */
export type Caller = { user: User; sessionId: string; device: Device | null }

/** A password that proved right, and the state of the account it was checked against. */
export type Confirmed = { authVersion: number; budgetKey: string; byDevice: boolean }

/**
 * Asks a signed-in person for their password again, before what can't be undone. It counts as an attempt to sign
 * in, on the same budgets: a stolen token is no way round them. Who uses the answer gives the budget back.
 *
 * @param pointer which member of the request holds the password, as a JSON Pointer
 * @throws AppError `wrong_password` or `rate_limited`
 */
export async function confirmPassword(
  deps: AttemptDeps,
  { user, sessionId, device, password, pointer }: Caller & { password: string; pointer: string },
): Promise<Confirmed> {
  const { id: userId, email } = user
  const identifier = email.toLowerCase()
  const attempt = await attemptPassword(deps, { whose: { userId }, identifier, password, device })
  const { verified, wrongPasswordOf, byDevice, budgetKey } = attempt
  if (verified) return { authVersion: verified.authVersion, budgetKey, byDevice }
  await recordFailedConfirmation(deps, { userId, wrongPasswordOf, sessionId, byDevice, now: deps.clock() })
  throw wrongPassword(pointer)
}

/**
 * The error for an act that a password was confirmed for and that was not done: `invalid_token` where the caller's
 * session ended meanwhile; `wrong_password` where the password was no longer right when it was used.
 */
export function notDone(reason: NotDone, pointer: string): AppError {
  return reason === 'ended' ? new AppError('invalid_token') : wrongPassword(pointer)
}

function wrongPassword(pointer: string): AppError {
  return memberError('wrong_password', { pointer, code: 'wrong_password', detail: 'is not your password' })
}
