import type { Deps } from '../deps.ts'
import { makeAddressBuckets } from '../limits/make-buckets.ts'
import { rateLimitedError } from '../limits/rate-limited-error.ts'
import { refuseLocally } from '../limits/refuse-locally.ts'
import { assertAcceptable, type PasswordRulesDeps } from '../passwords/assert-acceptable.ts'
import type { User } from '../sql/users.ts'
import { insertUser } from './register.sql.ts'
import { takenError } from './taken-error.ts'

export type Registration = { username: string; email: string; fullName: string; password: string }

/**
 * Creates an account: one hash, then one statement. The hash comes first even if the address turns out to be
 * taken, so that the response time does not depend on it. The statement counts for all processes, but only
 * after that work; a flood that reaches one process is refused before it, by that process's own count.
 *
 * @throws AppError `email_taken` or `username_taken`, with the pointer; `rate_limited`; and the errors of
 *   `assertAcceptable`
 */
export async function registerUser(
  deps: Pick<Deps, 'db' | 'clock' | 'config' | 'client' | 'limitKeys' | 'passwords' | 'localLimits'> &
    PasswordRulesDeps,
  { password, ...profile }: Registration,
): Promise<User> {
  await assertAcceptable(deps, { ...profile, password, pointer: '/password' })
  const buckets = await makeAddressBuckets(deps, 'register', deps.config.limitRegisterAddress)
  await refuseLocally(deps, { name: 'limitRegisterAddress', bucket: buckets[0] })
  const passwordHash = await deps.passwords.hash(password)
  const result = await insertUser(deps, { ...profile, passwordHash, buckets, now: deps.clock() })
  if (result.outcome === 'created') return result.user
  if (result.outcome === 'limited')
    throw rateLimitedError(deps.config.limitRegisterAddress, result.secondsToWait)
  throw takenError(result.outcome)
}
