import type { Device } from '../crypto/device-token.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { type IssueDeps, issueTokens, type TokenPair } from '../sessions/issue-tokens.ts'
import { newSession } from '../sessions/new-session.ts'
import { completeSignIn } from '../sessions/queries.ts'
import { type AttemptDeps, attemptPassword } from './attempt.ts'

export type SignInAttempt = {
  identifier: string
  password: string
  /** What the browser's device cookie proves; it is worth something for the account it was given for only. */
  device: Device | null
  /** Whether the tokens go into cookies. */
  forCookie: boolean
}

/** The tokens of the new session, and what the browser is known by the next time. */
export type SignedIn = { pair: TokenPair; device: Device }

/**
 * Signs in with a password and opens a session. Every outcome has one shape: two statements and one hash (a
 * second one only where a correct password is hashed anew), and one error for an unknown account, a wrong
 * password and a disabled or locked account. What differs between them would tell an attacker which accounts
 * exist. Where the limit refuses, it is one statement and no hash, for unknown accounts alike.
 *
 * @throws AppError `invalid_credentials` or `rate_limited`
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-responses
 */
export async function signIn(
  deps: IssueDeps & AttemptDeps,
  { identifier: given, password, device, forCookie }: SignInAttempt,
): Promise<SignedIn> {
  const { clock, random } = deps
  const identifier = given.toLowerCase()
  const attempt = await attemptPassword(deps, { whose: { identifier }, identifier, password, known: device })
  const { account, verified, outdated, wrongPasswordOf, reason, byDevice, budget } = attempt
  const upgradedHash = verified && outdated ? await upgrade(deps, password) : null
  const now = clock()
  const session = newSession(deps, now)
  // What speaks against a right password only now is put on record like a wrong one: its owner reads the events, and
  // so does whoever has a stolen token.
  const user = await completeSignIn(deps, {
    ...{ verified, attemptedId: account?.id ?? null, reason: reason ?? 'wrong_password' },
    ...{ wrongPasswordOf, budget, byDevice, upgradedHash, session, now },
  })
  // The statement of a failed attempt finds nobody, but what it answers is not what decides.
  if (!verified || user?.id !== verified.id) throw new AppError('invalid_credentials')
  const { id: sessionId, idleExpiresAt } = session
  const subject = { user, sessionId, generation: 0, idleExpiresAt, authenticatedAt: now, forCookie }
  // A device that is known stays the same one: its budget must not multiply.
  const deviceId = byDevice && device ? device.deviceId : random.uuid()
  const known = { userId: user.id, passwordVersion: verified.passwordVersion, deviceId }
  return { pair: await issueTokens(deps, subject), device: known }
}

/** `null` where more hashes wait than are worth waiting for: the next sign-in will do. */
async function upgrade({ passwords }: Pick<Deps, 'passwords'>, password: string): Promise<string | null> {
  try {
    return await passwords.hash(password)
  } catch (error) {
    if (error instanceof AppError && error.code === 'overloaded') return null
    throw error
  }
}
