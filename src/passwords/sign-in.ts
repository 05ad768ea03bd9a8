import type { Device } from '../crypto/device-token.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { TokenPair } from '../sessions/issue-tokens.ts'
import { type OpenDeps, openSession } from '../sessions/open.ts'
import { type AttemptDeps, attemptPassword } from './attempt.ts'
import { passwordEffects } from './sign-in.sql.ts'

export type PasswordSignIn = {
  identifier: string
  password: string
  /** The device of the browser's cookie; known only to the account that the cookie was issued for. */
  device: Device | null
  /** Whether the tokens go into cookies. */
  forCookie: boolean
}

/** The tokens of the new session, and the device of the browser, for its cookie. */
export type SignedIn = { pair: TokenPair; device: Device }

/**
 * Signs in with a password and opens a session. Every outcome has one shape, since a difference would show an
 * attacker which accounts exist: two statements, one hash (a second one only if the hash of a right password
 * is upgraded), and the same error for an unknown account, a wrong password and a disabled or locked account.
 * A refusal by a limit costs one statement and no hash, for unknown accounts too.
 *
 * @throws AppError `invalid_credentials`, `rate_limited` or `overloaded`; `email_not_verified` if the
 *   password is right, but the address has to be verified first
 * @see
 *   https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-responses
 */
export async function signIn(
  deps: OpenDeps & AttemptDeps,
  { identifier: given, password, device, forCookie }: PasswordSignIn,
): Promise<SignedIn> {
  const identifier = given.toLowerCase()
  // An account may still have one from when there were usernames: it signs nobody in.
  const hasUsernames = deps.config.accountFields.username !== 'absent'
  const whose = { identifier, hasUsernames }
  const attempt = await attemptPassword(deps, { whose, identifier, password, known: device })
  const { account, proof, outdated, byDevice } = attempt
  const upgradedHash = proof && outdated ? await upgradeHash(deps, password) : null
  const opening = {
    proof,
    attemptedId: account?.id ?? null,
    isKnownDevice: byDevice,
    // If the account was locked or disabled while we hashed, record `wrong_password` all the same: events are
    // visible to somebody who has a stolen token, and must not confirm the guess.
    reason: attempt.reason ?? 'wrong_password',
    effects: passwordEffects({ ...attempt, storedHash: account?.passwordHash ?? null, upgradedHash }),
  }
  const pair = await openSession(deps, opening, { forCookie })
  if (!pair || !account) throw new AppError('invalid_credentials')
  // A known device keeps its id: a new one would give it another bucket.
  const deviceId = byDevice && device ? device.deviceId : deps.random.uuid()
  return { pair, device: { userId: account.id, passwordVersion: account.passwordVersion, deviceId } }
}

/** Hashes the password again; `null` if too many hashes wait, and the next sign-in does it. */
async function upgradeHash({ passwords }: Pick<Deps, 'passwords'>, password: string): Promise<string | null> {
  try {
    return await passwords.hash(password)
  } catch (error) {
    if (error instanceof AppError && error.code === 'overloaded') return null
    throw error
  }
}
