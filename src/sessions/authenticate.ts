import type { Deps } from '../deps.ts'
import { findEnabledUser, type User } from '../users/queries.ts'
import { verifyAccessToken } from './access-token.ts'

/**
 * Whose request this is: the user an access token speaks for, as stored now. A token that fails its checks
 * costs no query.
 *
 * @returns `null` when the token is not accepted, or the user is gone or disabled
 */
export async function authenticate(
  deps: Pick<Deps, 'config' | 'clock' | 'keyRing' | 'db'>,
  token: string,
): Promise<User | null> {
  const claims = await verifyAccessToken(deps, token)
  return claims && (await findEnabledUser(deps.db, claims.userId))
}
