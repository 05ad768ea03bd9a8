import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { rateLimitedError } from '../limits/rate-limited-error.ts'
import { refuseLocally } from '../limits/refuse-locally.ts'
import type { Bucket } from '../sql/limits.ts'
import { MAX_CONSECUTIVE_FAILURES } from '../sql/lockout.ts'
import type { Proof } from '../sql/opening.ts'
import { type Credentials, countPasswordAttempt, returnAttempt, type Whose } from './attempt.sql.ts'
import { type Known, makePasswordBuckets } from './make-buckets.ts'

export type AttemptDeps = Pick<
  Deps,
  'db' | 'clock' | 'config' | 'client' | 'limitKeys' | 'passwords' | 'localLimits'
>

/** The result of an attempt that no limit refused. */
export type PasswordAttempt = {
  /** The account of the identifier; `null` if there is none. */
  account: Credentials | null
  /** Not `null` if the password is right, and the account neither disabled nor locked. */
  proof: Proof | null
  /** Whether the stored hash has other parameters than the configured ones. */
  outdated: boolean
  /** The reason if there is no proof, for the event; `null` if there is one. */
  reason: string | null
  /** The account whose failures are to be counted, because the password was wrong; `null`: none. */
  wrongFor: number | null
  /** The bucket that a success gives the attempt back to. */
  bucket: Bucket
  /** Whether that is the bucket of the known device or session. */
  byDevice: boolean
}

/**
 * Checks a password. The attempt is counted before anything is hashed: a refusal costs one statement and no
 * hash, and parallel guesses can't outrun the count. Every other attempt costs one statement and one hash,
 * whether the account exists, is disabled or locked, or has a password.
 *
 * @param attempt.identifier in lower case, also if there is no such account: its bucket is counted all the
 *   same
 * @param attempt.known the known device or session that the attempt comes from; `null`: none
 * @throws AppError `rate_limited`, also for accounts that don't exist; `overloaded`, and then the attempt is
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
  const buckets = await makePasswordBuckets(deps, { identifier, known })
  // The database counts no address for a known device or session, so neither does this process.
  if (!known) await refuseLocally(deps, { name: 'limitSignInAddress', bucket: buckets.addresses[0] })
  const counted = await countPasswordAttempt(deps, { whose, ...buckets, now: deps.clock() })
  if (counted.refused) {
    const { limitSignInAccount, limitSignInAddress } = deps.config
    const limit = counted.refused === 'account' ? limitSignInAccount : limitSignInAddress
    throw rateLimitedError(limit, counted.secondsToWait)
  }
  const { credentials: account, byDevice, attempts } = counted
  // Another account's password must confirm nothing, whatever a faulty answer says.
  if ('userId' in whose && account && account.id !== whose.userId) throw new AppError('database_unavailable')
  const bucket = byDevice && buckets.known ? { ...buckets.account, key: buckets.known.key } : buckets.account
  const { matches, outdated } = await verify(deps, { password, account, bucket })
  const reason = findReason({
    account,
    matches,
    failures: byDevice ? attempts - 1 : (account?.failures ?? 0),
  })
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
    // Nothing was hashed. A flood by others must not use up the owner's attempts. If this fails, the attempt
    // stays counted, and the client still learns to wait.
    if (error instanceof AppError && error.code === 'overloaded') {
      await returnAttempt(deps.db, bucket).catch(() => {})
    }
    throw error
  }
}

type Judged = { account: Credentials | null; matches: boolean; failures: number }

/**
 * The reason why an attempt fails; `null`: it succeeds. `locked` and `disabled` are reported before looking
 * at the password: events are visible to somebody who has a stolen token, and must not confirm a guess.
 */
function findReason({ account, matches, failures }: Judged): string | null {
  if (!account) return 'unknown_account'
  if (failures >= MAX_CONSECUTIVE_FAILURES) return 'locked'
  if (account.isDisabled) return 'disabled'
  return matches && account.passwordHash !== null ? null : 'wrong_password'
}
