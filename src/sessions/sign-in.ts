import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { User } from '../users/queries.ts'
import { type AccessToken, issueAccessToken } from './access-token.ts'
import { completeSignIn, findCredentials } from './queries.ts'

export type SignInAttempt = { identifier: string; password: string }

type SignInDeps = Pick<Deps, 'db' | 'clock' | 'random' | 'passwords' | 'config' | 'keyRing'>

/**
 * Signs in with a password. Every outcome has one shape: two statements and one hash (a second one only
 * where a correct password is hashed anew), and one error for an unknown account, a wrong password and a
 * disabled account. What differs between them would tell an attacker which accounts exist.
 *
 * @throws AppError `invalid_credentials`
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-responses
 */
export async function signIn(
  deps: SignInDeps,
  { identifier, password }: SignInAttempt,
): Promise<AccessToken & { user: User }> {
  const { db, clock, passwords } = deps
  const account = await findCredentials(db, identifier.toLowerCase())
  const { matches, outdated } = await passwords.verify(password, account?.passwordHash ?? null)
  const verified = matches && account && !account.disabled ? account : null
  const upgradedHash = verified && outdated ? await passwords.hash(password) : null
  const user = await completeSignIn(db, { verified, upgradedHash, now: clock() })
  // The statement of a failed attempt finds nobody, but what it answers is not what decides.
  if (!verified || user?.id !== verified.id) throw new AppError('invalid_credentials')
  return { ...(await issueAccessToken(deps, user)), user }
}
