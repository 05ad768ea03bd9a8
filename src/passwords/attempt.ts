import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { type Known, passwordBudgets, rateLimited } from '../limits/budgets.ts'
import {
  type Credentials,
  countPasswordAttempt,
  MAX_CONSECUTIVE_FAILURES,
  returnAttempt,
  type Whose,
} from '../limits/queries.ts'
import { refuseLocally } from '../limits/refuse-locally.ts'
import type { Budget } from '../sql/limits.ts'

export type AttemptDeps = Pick<
  Deps,
  'db' | 'clock' | 'config' | 'client' | 'limitKeys' | 'passwords' | 'localLimits'
>

export type Attempt = {
  whose: Whose
  /** In lower case; what the account's budget is found by. */
  identifier: string
  password: string
  /** Where it comes from, if that is a place of somebody's own. */
  known: Known | null
}

export type AttemptResult = {
  /** The account that was meant, whatever came of it. */
  account: Credentials | null
  /** The same, where the password is right and nothing else speaks against it. */
  verified: (Credentials & { passwordHash: string }) | null
  /** Whether the right password was hashed with other parameters than today's. */
  outdated: boolean
  /** The account that this was a wrong password for; 0: none. */
  wrongPasswordOf: number
  /** Why not, for the audit trail alone. */
  reason: 'unknown_account' | 'wrong_password' | 'locked' | 'disabled' | null
  /** Whether the attempt was counted for the known device or session, and no other. */
  byDevice: boolean
  /** What it spent, which a success gives back. */
  budget: Budget
}

/**
 * Tries a password. The attempt is counted before anything is hashed: what is refused costs one statement and no
 * hash, and parallel guesses can't get past the count. Everything else costs one statement and one hash, whether
 * the account is unknown, disabled, locked, or has no password.
 *
 * @throws AppError `rate_limited`, the same for accounts that don't exist
 */
export async function attemptPassword(
  deps: AttemptDeps,
  { whose, identifier, password, known }: Attempt,
): Promise<AttemptResult> {
  const budgets = await passwordBudgets(deps, { identifier, known })
  const [address] = budgets.addresses
  // Where the database takes a place for known, it does not count the address.
  if (!known) await refuseLocally(deps, { name: 'limitSignInAddress', budget: address })
  const counted = await countPasswordAttempt(deps, { whose, ...budgets, now: deps.clock() })
  if (counted.refused) {
    const { limitSignInAccount, limitSignInAddress } = deps.config
    const limit = counted.refused === 'account' ? limitSignInAccount : limitSignInAddress
    throw rateLimited(limit, counted.secondsToWait)
  }
  const { credentials: account, byDevice, attempts } = counted
  const passwordHash = account?.passwordHash ?? null
  const budget = byDevice && budgets.known ? { ...budgets.account, key: budgets.known.key } : budgets.account
  const { matches, outdated } = await deps.passwords.verify(password, passwordHash).catch(async (error) => {
    // What nobody judged is no attempt: a flood of others' must not use up the owner's.
    if (error instanceof AppError && error.code === 'overloaded') await returnAttempt(deps.db, budget)
    throw error
  })
  const failures = byDevice ? attempts - 1 : (account?.consecutiveFailures ?? 0)
  const reason = reasonOf({ account, matches, failures })
  return {
    account,
    verified: account && passwordHash !== null && reason === null ? { ...account, passwordHash } : null,
    outdated,
    wrongPasswordOf: account && !matches ? account.id : 0,
    reason,
    byDevice,
    budget,
  }
}

function reasonOf({
  account,
  matches,
  failures,
}: {
  account: Credentials | null
  matches: boolean
  failures: number
}): AttemptResult['reason'] {
  if (!account) return 'unknown_account'
  // What can't be opened is said not to be before the password is judged: people read their events, and whoever has
  // a stolen token must not read there which guess was right.
  if (failures >= MAX_CONSECUTIVE_FAILURES) return 'locked'
  if (account.disabled) return 'disabled'
  return matches ? null : 'wrong_password'
}
