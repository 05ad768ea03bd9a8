import type { Config } from '../config/parse-config.ts'
import type { Device } from '../crypto/device-token.ts'
import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
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

/**
 * A registration that says nothing about the address: it may have created an account, or told the owner of
 * one.
 */
export type Accepted = { isAccepted: true }

/** The new user; and the tokens of the session with the device of the browser, if it was to sign in. */
export type Registered = {
  isAccepted: false
  user: User
  signedIn: { pair: TokenPair; device: Device } | null
}

type RegisterDeps = IssueDeps &
  PasswordRulesDeps &
  Pick<
    Deps,
    | 'db'
    | 'clock'
    | 'config'
    | 'client'
    | 'limitKeys'
    | 'passwords'
    | 'localLimits'
    | 'mailing'
    | 'deliverLater'
  >

/**
 * Creates an account, and opens a session if asked to: one hash, then one statement. The hash comes first
 * even if the address turns out to be taken, so that the response time does not depend on it. The statement
 * counts for all processes, but only after that work; a flood that reaches one process is refused before it,
 * by that process's own count.
 *
 * A mail with a link that verifies the address is stored in the same statement. With `REGISTRATION_PRIVACY`
 * strict, the answer and the work are the same for an address that is taken, whose owner gets a mail instead.
 *
 * @throws AppError `email_taken` or `username_taken`, with the pointer; `rate_limited`; and the errors of
 *   `assertAcceptable`
 */
export async function registerUser(
  deps: RegisterDeps,
  { password, signIn, email, username = null, fullName = null }: Registration,
): Promise<Registered | Accepted> {
  if (signIn) assertMaySignIn(deps.config)
  await assertAcceptable(deps, { username, email, password, pointer: '/password' })
  const limit = deps.config.limitRegisterAddress
  const buckets = await makeAddressBuckets(deps, 'register', limit)
  await refuseLocally(deps, { name: 'limitRegisterAddress', bucket: buckets[0] })
  const passwordHash = await deps.passwords.hash(password)
  const now = deps.clock()
  const session = signIn && prepareSession(deps, now)
  const isPrivate = deps.config.registrationPrivacy === 'strict'
  const row = { email, username, fullName, passwordHash, session, buckets, isPrivate, now }
  const result = await insertUser(deps, row)
  if (result.outcome === 'limited') throw rateLimitedError(limit, result.secondsToWait)
  if (result.outcome === 'username') throw takenError('username')
  deps.deliverLater(result.deliveries)
  if (isPrivate) return { isAccepted: true }
  if (result.outcome !== 'created') throw takenError(result.outcome)
  const { user, passwordVersion } = result
  if (!session) return { isAccepted: false, user, signedIn: null }
  const { id: sessionId, idleExpiresAt } = session
  const subject = { user, sessionId, generation: 0, idleExpiresAt, authenticatedAt: now, ...signIn }
  const device = { userId: user.id, passwordVersion, deviceId: deps.random.uuid() }
  return { isAccepted: false, user, signedIn: { pair: await issueTokens(deps, subject), device } }
}

/** Signing in at once would show that the address was new, or sign in somebody whose address is unproven. */
function assertMaySignIn({ registrationPrivacy, requireVerifiedEmail }: Config): void {
  if (registrationPrivacy === 'off' && requireVerifiedEmail === 'off') return
  const detail = 'is not possible here: the link in the mail comes first'
  throw fieldError('validation_failed', { pointer: '/sign_in', code: 'unavailable', detail })
}
