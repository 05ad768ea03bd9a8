import type { Device } from '../crypto/device-token.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { IssueDeps, TokenPair } from '../sessions/issue-tokens.ts'
import { openSession } from '../sessions/open.ts'
import { type AttemptDeps, attemptPassword } from './attempt.ts'
import { passwordEffects } from './sign-in.sql.ts'

export type PasswordSignIn = {
  identifier: string
  password: string
  /** What the browser's device cookie proves; it counts for the account that it was given for only. */
  device: Device | null
  /** Whether the tokens go into cookies. */
  forCookie: boolean
}

/** The tokens of the new session, and what the browser is known by the next time. */
export type SignedIn = { pair: TokenPair; device: Device }

/**
 * Signs in with a password and opens a session. Every outcome has one shape: two statements and one hash (a
 * second one only if a correct password is hashed anew), and one error for an unknown account, a wrong
 * password and a disabled or locked account. What differs between them would tell an attacker which accounts
 * exist. If the limit refuses, it is one statement and no hash, for unknown accounts alike.
 *
 * @throws AppError `invalid_credentials`, `rate_limited` or `overloaded`
 * @see
 *   https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-responses
 */
export async function signIn(
  deps: IssueDeps & AttemptDeps,
  { identifier: given, password, device, forCookie }: PasswordSignIn,
): Promise<SignedIn> {
  const identifier = given.toLowerCase()
  const attempt = await attemptPassword(deps, { whose: { identifier }, identifier, password, known: device })
  const { account, proof, outdated, byDevice } = attempt
  const upgradedHash = proof && outdated ? await upgrade(deps, password) : null
  const opening = {
    proof,
    attemptedId: account?.id ?? null,
    // If the account was locked or disabled while we hashed, record `wrong_password` all the same: events are
    // visible to whoever holds a stolen token, and must not confirm the guess.
    reason: attempt.reason ?? 'wrong_password',
    effects: passwordEffects({ ...attempt, storedHash: account?.passwordHash ?? null, upgradedHash }),
  }
  const pair = await openSession(deps, opening, { forCookie })
  if (!pair || !account) throw new AppError('invalid_credentials')
  // A device that is known stays the same one: its bucket must not multiply.
  const deviceId = byDevice && device ? device.deviceId : deps.random.uuid()
  return { pair, device: { userId: account.id, passwordVersion: account.passwordVersion, deviceId } }
}

/** `null` if too many hashes wait: the next sign-in will do. */
async function upgrade({ passwords }: Pick<Deps, 'passwords'>, password: string): Promise<string | null> {
  try {
    return await passwords.hash(password)
  } catch (error) {
    if (error instanceof AppError && error.code === 'overloaded') return null
    throw error
  }
}
