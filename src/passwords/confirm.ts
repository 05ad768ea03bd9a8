import { AppError, fieldError } from '../errors.ts'
import type { NotDone } from '../sql/confirmed-act.ts'
import type { Bucket } from '../sql/limits.ts'
import type { User } from '../sql/users.ts'
import { type AttemptDeps, attemptPassword } from './attempt.ts'
import { insertFailedConfirmation } from './confirm.sql.ts'

/** Somebody who is signed in. */
export type Caller = { user: User; sessionId: string }

/**
 * A password that proved right, the version of the account it was checked against, and what the attempt
 * spent.
 */
export type Confirmed = { authVersion: number; bucket: Bucket; byDevice: boolean }

/**
 * Asks a signed-in person for their password again, before what can't be undone. Attempts are counted for the
 * session, like those of a known device: somebody who guesses at the account keeps its owner from nothing,
 * and a stolen token buys a hundred guesses at the rate of any account. The act that follows gives back what
 * this spent.
 *
 * @param pointer which field of the request holds the password, as a JSON Pointer
 * @throws AppError `wrong_password`, `rate_limited` or `overloaded`
 */
export async function confirmPassword(
  deps: AttemptDeps,
  { user, sessionId, password, pointer }: Caller & { password: string; pointer: string },
): Promise<Confirmed> {
  const { id: userId, email } = user
  const { proof, wrongFor, byDevice, bucket } = await attemptPassword(deps, {
    whose: { userId },
    identifier: email.toLowerCase(),
    password,
    known: { userId, sessionId },
  })
  if (proof) return { authVersion: proof.authVersion, bucket, byDevice }
  await insertFailedConfirmation(deps, { userId, wrongFor, sessionId, byDevice, now: deps.clock() })
  throw wrongPassword(pointer)
}

/**
 * The error for an act that a password was confirmed for and that was not done: `invalid_token` if the
 * caller's session ended meanwhile; `wrong_password` if the password was no longer right when the act came.
 */
export function notDoneError(reason: NotDone, pointer: string): AppError {
  return reason === 'ended' ? new AppError('invalid_token') : wrongPassword(pointer)
}

function wrongPassword(pointer: string): AppError {
  return fieldError('wrong_password', { pointer, code: 'wrong_password', detail: 'is not your password' })
}
