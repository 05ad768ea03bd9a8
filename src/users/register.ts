import type { Deps } from '../deps.ts'
import { type AppError, fieldError } from '../errors.ts'
import { rateLimited, registrationBudgets } from '../limits/budgets.ts'
import { refuseLocally } from '../limits/refuse-locally.ts'
import { assertAcceptable, type PasswordRulesDeps } from '../passwords/assert-acceptable.ts'
import { insertUser, type User } from './queries.ts'

export type Registration = { username: string; email: string; fullName: string; password: string }

/**
 * Creates an account: one hash, then one statement. The hash comes first even where the address turns out to
 * be taken, so that the time of the answer does not depend on it. What this process has seen too much of already is
 * refused before it: the statement decides for all processes, but only after the work.
 *
 * @throws AppError `email_taken` or `username_taken`, with the pointer; `rate_limited`; what `assertAcceptable` throws
 */
export async function registerUser(
  deps: Pick<Deps, 'db' | 'clock' | 'config' | 'client' | 'limitKeys' | 'passwords' | 'localLimits'> &
    PasswordRulesDeps,
  { password, ...profile }: Registration,
): Promise<User> {
  await assertAcceptable(deps, { ...profile, password, pointer: '/password' })
  const [budget, ...wider] = await registrationBudgets(deps)
  await refuseLocally(deps, { name: 'limitRegisterAddress', budget })
  const passwordHash = await deps.passwords.hash(password)
  const budgets = [budget, ...wider]
  const result = await insertUser(deps, { ...profile, passwordHash, budgets, now: deps.clock() })
  if (result.outcome === 'created') return result.user
  if (result.outcome === 'limited') throw rateLimited(deps.config.limitRegisterAddress, result.secondsToWait)
  throw taken(result.outcome)
}

/** The error for an address or a username that somebody else has. */
export function taken(member: 'email' | 'username'): AppError {
  const code = member === 'email' ? 'email_taken' : 'username_taken'
  return fieldError(code, { pointer: `/${member}`, code: 'taken', detail: 'is taken' })
}
