import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { type IssueDeps, issueTokens, type TokenPair } from './issue-tokens.ts'
import { completeSignIn, findCredentials, type NewSession } from './queries.ts'

export type SignInAttempt = {
  identifier: string
  password: string
  /** Where the attempt comes from, for the person's list of sessions. */
  ipAddress: string | null
  userAgent: string | null
}

/**
 * Signs in with a password and opens a session. Every outcome has one shape: two statements and one hash (a
 * second one only where a correct password is hashed anew), and one error for an unknown account, a wrong
 * password and a disabled account. What differs between them would tell an attacker which accounts exist.
 *
 * @throws AppError `invalid_credentials`
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-responses
 */
export async function signIn(
  deps: IssueDeps & Pick<Deps, 'db' | 'passwords'>,
  { identifier, password, ...origin }: SignInAttempt,
): Promise<TokenPair> {
  const { db, clock, passwords } = deps
  const account = await findCredentials(db, identifier.toLowerCase())
  const { matches, outdated } = await passwords.verify(password, account?.passwordHash ?? null)
  const verified = matches && account && !account.disabled ? account : null
  const upgradedHash = verified && outdated ? await passwords.hash(password) : null
  const now = clock()
  const session = { ...newSession(deps, now), ...origin }
  const user = await completeSignIn(db, { verified, upgradedHash, session, now })
  // The statement of a failed attempt finds nobody, but what it answers is not what decides.
  if (!verified || user?.id !== verified.id) throw new AppError('invalid_credentials')
  const { id: sessionId, idleExpiresAt } = session
  return await issueTokens(deps, { user, sessionId, generation: 0, idleExpiresAt, authenticatedAt: now })
}

function newSession(
  { config, random }: Pick<Deps, 'config' | 'random'>,
  now: Date,
): Pick<NewSession, 'id' | 'idleExpiresAt' | 'expiresAt'> {
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  const { idleSeconds } = config.refresh
  return {
    id: random.uuid(),
    idleExpiresAt: after(Math.min(idleSeconds, config.sessionSeconds)),
    expiresAt: after(config.sessionSeconds),
  }
}
