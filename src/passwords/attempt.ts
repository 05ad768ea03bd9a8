import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { rateLimited } from '../limits/buckets.ts'
import { refuseLocally } from '../limits/refuse-locally.ts'
import type { Bucket } from '../sql/limits.ts'
import { MAX_CONSECUTIVE_FAILURES } from '../sql/lockout.ts'
import type { Proof } from '../sql/opening.ts'
import { type Credentials, countPasswordAttempt, returnAttempt, type Whose } from './attempt.sql.ts'
import { type Known, passwordBuckets } from './buckets.ts'

export type AttemptDeps = Pick<
  Deps,
  'db' | 'clock' | 'config' | 'client' | 'limitKeys' | 'passwords' | 'localLimits'
>

/** An attempt that was let through, and what came of it. */
export type PasswordAttempt = {
  /** The account that is meant; `null` if there is none. */
  account: Credentials | null
  /** Who it is: the password matches, and neither a disabled state nor too many failures speak against it. */
  proof: Proof | null
  /** Whether the hash of a password that matched was made with other parameters than today's. */
  outdated: boolean
  /** Why there is no proof, for the event; `null` if there is one. */
  reason: string | null
  /** The account that the password was wrong for, which is counted against it; `null`: none. */
  wrongFor: number | null
  /** The bucket that it spent, for a success to give back, and whether it is the known device's own. */
  bucket: Bucket
  byDevice: boolean
}

/**
 * Tries a password. The attempt is counted before anything is hashed: what is refused costs one statement and
 * no hash, and parallel guesses can't get past the count. Everything else costs one statement and one hash,
 * whether the account is unknown, disabled or locked, or has no password.
 *
 * @param attempt.identifier in lower case; the key of the account's bucket is made from it
 * @param attempt.known where it comes from, if that device or session has a bucket of its own
 * @throws AppError `rate_limited`, the same for accounts that don't exist; `overloaded`, and the attempt is
 *   not counted
 */
export async function attemptPassword(
  deps: AttemptDeps,
  {
    whose,
    identifier,
    password,
    known,
  }: { whose: Whose; identifier: string; password: string; known: Known | null },
): Promise<PasswordAttempt> {
  const buckets = await passwordBuckets(deps, { identifier, known })
  // The database does not count the address of a device or session that is known.
  if (!known) await refuseLocally(deps, { name: 'limitSignInAddress', bucket: buckets.addresses[0] })
  const counted = await countPasswordAttempt(deps, { whose, ...buckets, now: deps.clock() })
  if (counted.refused) {
    const { limitSignInAccount, limitSignInAddress } = deps.config
    const limit = counted.refused === 'account' ? limitSignInAccount : limitSignInAddress
    throw rateLimited(limit, counted.secondsToWait)
  }
  const { credentials: account, byDevice, attempts } = counted
  const bucket = byDevice && buckets.known ? { ...buckets.account, key: buckets.known.key } : buckets.account
  const { matches, outdated } = await verify(deps, { password, account, bucket })
  const reason = reasonOf({ account, matches, failures: byDevice ? attempts - 1 : (account?.failures ?? 0) })
  const proof = account && !reason ? { userId: account.id, authVersion: account.authVersion } : null
  return {
    account,
    proof: proof && { ...proof, methods: ['pwd'] },
    outdated,
    reason,
    wrongFor: account && !matches ? account.id : null,
    bucket,
    byDevice,
  }
}

type Verifying = { password: string; account: Credentials | null; bucket: Bucket }

async function verify(deps: AttemptDeps, { password, account, bucket }: Verifying) {
  try {
    return await deps.passwords.verify(password, account?.passwordHash ?? null)
  } catch (error) {
    // No hash was made: a flood of others' attempts must not use up the owner's.
    if (error instanceof AppError && error.code === 'overloaded') await returnAttempt(deps.db, bucket)
    throw error
  }
}

type Judged = { account: Credentials | null; matches: boolean; failures: number }

/**
 * Why an attempt fails; `null`: it does not. `locked` and `disabled` come before the password is looked at:
 * the owner's events, which somebody with a stolen token can read, must not confirm a guess.
 */
function reasonOf({ account, matches, failures }: Judged): string | null {
  if (!account) return 'unknown_account'
  if (failures >= MAX_CONSECUTIVE_FAILURES) return 'locked'
  if (account.isDisabled) return 'disabled'
  return matches && account.passwordHash !== null ? null : 'wrong_password'
}
