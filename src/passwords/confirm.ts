import { AppError, fieldError } from '../errors.ts'
import { recordFailedConfirmation } from '../limits/queries.ts'
import type { Budget } from '../sql/limits.ts'
import type { NotDone, User } from '../users/queries.ts'
import { type AttemptDeps, attemptPassword } from './attempt.ts'

/** Somebody who is signed in. */
export type Caller = { user: User; sessionId: string }

/** A password that proved right, and the state of the account it was checked against. */
export type Confirmed = { authVersion: number; budget: Budget; byDevice: boolean }

/**
 * Asks a signed-in person for their password again, before what can't be undone. Attempts are counted for the
 * session, like those of a known device: somebody who guesses at the account keeps its owner from nothing, and a stolen
 * token buys a hundred guesses at the rate of any account. Who uses the answer gives back what it spent.
 *
 * @param pointer which member of the request holds the password, as a JSON Pointer
 * @throws AppError `wrong_password` or `rate_limited`
 */
export async function confirmPassword(
  deps: AttemptDeps,
  { user, sessionId, password, pointer }: Caller & { password: string; pointer: string },
): Promise<Confirmed> {
  const { id: userId, email } = user
  const identifier = email.toLowerCase()
  const attempt = await attemptPassword(deps, {
    whose: { userId },
    identifier,
    password,
    known: { userId, sessionId },
  })
  const { verified, wrongPasswordOf, byDevice, budget } = attempt
  if (verified) return { authVersion: verified.authVersion, budget, byDevice }
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
  return fieldError('wrong_password', { pointer, code: 'wrong_password', detail: 'is not your password' })
}
