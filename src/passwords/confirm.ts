import type { Deps } from '../deps.ts'
import { AppError, fieldError } from '../errors.ts'
import type { NotDone } from '../sql/confirmed-act.ts'
import type { Bucket } from '../sql/limits.ts'
import type { User } from '../sql/users.ts'
import { type AttemptDeps, attemptPassword } from './attempt.ts'
import { insertFailedConfirmation } from './confirm.sql.ts'

export type ConfirmDeps = AttemptDeps & Pick<Deps, 'mailing' | 'deliverLater'>

/** The signed-in user of a request, and their session. */
export type Caller = { user: User; sessionId: string }

/**
 * The result of a right password: the version of the account that it was checked against, and the bucket that
 * the act gives the attempt back to.
 */
export type Confirmed = { authVersion: number; bucket: Bucket; byDevice: boolean }

/**
 * Checks the password of a signed-in user again, before an act that can't be undone. Attempts are counted for
 * the session, as for a known device: somebody who guesses at the account from elsewhere can't stop its
 * owner, and a stolen token allows a hundred guesses, no faster than at any account. The act gives the
 * attempt back.
 *
 * @param pointer the JSON Pointer of the password in the request
 * @throws AppError `wrong_password`, `rate_limited` or `overloaded`
 */
export async function confirmPassword(
  deps: ConfirmDeps,
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
  const failure = { userId, wrongFor, sessionId, byDevice, now: deps.clock() }
  deps.deliverLater(await insertFailedConfirmation(deps, failure))
  throw wrongPasswordError(pointer)
}

/**
 * The error for an act that was not done although the password was confirmed: `invalid_token` if the caller's
 * session has ended meanwhile, `wrong_password` if the password was changed or the account locked meanwhile.
 */
export function notDoneError(reason: NotDone, pointer: string): AppError {
  return reason === 'ended' ? new AppError('invalid_token') : wrongPasswordError(pointer)
}

function wrongPasswordError(pointer: string): AppError {
  return fieldError('wrong_password', { pointer, code: 'wrong_password', detail: 'is not your password' })
}
