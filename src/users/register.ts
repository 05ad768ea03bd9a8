import type { Device } from '../crypto/device-token.ts'
import type { Deps } from '../deps.ts'
import { makeAddressBuckets } from '../limits/make-buckets.ts'
import { rateLimitedError } from '../limits/rate-limited-error.ts'
import { refuseLocally } from '../limits/refuse-locally.ts'
import { assertAcceptable, type PasswordRulesDeps } from '../passwords/assert-acceptable.ts'
import { type IssueDeps, issueTokens, type TokenPair } from '../sessions/issue-tokens.ts'
import { prepareSession } from '../sessions/prepare-session.ts'
import type { User } from '../sql/users.ts'
import { insertUser } from './register.sql.ts'
import { takenError } from './taken-error.ts'

export type Registration = {
  email: string
  password: string
  username?: string | null
  fullName?: string | null
  /** Whether to sign in at the same time, and whether the tokens go into cookies; `null`: not. */
  signIn: { forCookie: boolean } | null
}

/** The new user; and the tokens of the session with the device of the browser, if it was to sign in. */
export type Registered = { user: User; signedIn: { pair: TokenPair; device: Device } | null }

type RegisterDeps = IssueDeps &
  PasswordRulesDeps &
  Pick<Deps, 'db' | 'clock' | 'config' | 'client' | 'limitKeys' | 'passwords' | 'localLimits'>

/**
 * Creates an account, and opens a session if asked to: one hash, then one statement. The hash comes first
 * even if the address turns out to be taken, so that the response time does not depend on it. The statement
 * counts for all processes, but only after that work; a flood that reaches one process is refused before it,
 * by that process's own count.
 *
 * @throws AppError `email_taken` or `username_taken`, with the pointer; `rate_limited`; and the errors of
 *   `assertAcceptable`
 */
export async function registerUser(
  deps: RegisterDeps,
  { password, signIn, email, username = null, fullName = null }: Registration,
): Promise<Registered> {
  await assertAcceptable(deps, { username, email, password, pointer: '/password' })
  const limit = deps.config.limitRegisterAddress
  const buckets = await makeAddressBuckets(deps, 'register', limit)
  await refuseLocally(deps, { name: 'limitRegisterAddress', bucket: buckets[0] })
  const passwordHash = await deps.passwords.hash(password)
  const now = deps.clock()
  const session = signIn && prepareSession(deps, now)
  const profile = { email, username, fullName }
  const result = await insertUser(deps, { ...profile, passwordHash, session, buckets, now })
  if (result.outcome === 'limited') throw rateLimitedError(limit, result.secondsToWait)
  if (result.outcome !== 'created') throw takenError(result.outcome)
  const { user, passwordVersion } = result
  if (!session) return { user, signedIn: null }
  const { id: sessionId, idleExpiresAt } = session
  const subject = { user, sessionId, generation: 0, idleExpiresAt, authenticatedAt: now, ...signIn }
  const device = { userId: user.id, passwordVersion, deviceId: deps.random.uuid() }
  return { user, signedIn: { pair: await issueTokens(deps, subject), device } }
}
