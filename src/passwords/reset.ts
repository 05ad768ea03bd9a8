import type { Device } from '../crypto/device-token.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { makeAddressBuckets, makeBucketKey } from '../limits/make-buckets.ts'
import { refuseLocally } from '../limits/refuse-locally.ts'
import { readToken } from '../one-time-tokens/read.ts'
import { assertAcceptable, type PasswordRulesDeps } from './assert-acceptable.ts'
import { PASSWORD_PURPOSES, resetPasswordRow } from './reset.sql.ts'

type ResetDeps = PasswordRulesDeps &
  Pick<
    Deps,
    | ('db' | 'clock' | 'client' | 'limitKeys' | 'localLimits' | 'passwords' | 'random')
    | ('oneTimeTokenKeys' | 'mailing' | 'deliverLater')
  >

/**
 * Chooses a new password by the token of a mail, or of an operator: one hash, then one statement. Every
 * session ends, a lock by wrong passwords is opened, and the address counts as verified, since the mail was
 * sent to it.
 *
 * A forged or expired token costs neither. A used one costs both, since only the database knows that it was
 * used, so this process limits requests by client address before the hash.
 *
 * @returns the browser, now a known device: it has its own bucket for signing in, so that others' guesses
 *   can't keep the owner out
 * @throws AppError `invalid_or_expired_code`; `rate_limited` or `overloaded`; as `assertAcceptable`
 */
export async function resetPassword(
  deps: ResetDeps,
  { token, newPassword }: { token: string; newPassword: string },
): Promise<Device> {
  const { id, purpose, email, username } = await readToken(deps, token, PASSWORD_PURPOSES)
  const names = { email, username: username || null }
  await assertAcceptable(deps, { password: newPassword, ...names, pointer: '/new_password' })
  const [bucket] = await makeAddressBuckets(deps, 'address', deps.config.limitSignInAddress)
  await refuseLocally(deps, { name: 'limitSignInAddress', bucket })
  const passwordHash = await deps.passwords.hash(newPassword)
  const identifiers = [email, username].filter(Boolean).map((name) => name.toLowerCase())
  const bucketKeys = await Promise.all(identifiers.map((name) => makeBucketKey(deps, 'account', name)))
  const reset = { id, purpose, passwordHash, bucketKeys, now: deps.clock() }
  const done = await resetPasswordRow(deps, reset)
  if (!done) throw new AppError('invalid_or_expired_code')
  const { userId, passwordVersion, deliveries } = done
  deps.deliverLater(deliveries)
  return { userId, passwordVersion, deviceId: deps.random.uuid() }
}
