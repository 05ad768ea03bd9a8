import type { Deps } from '../deps.ts'
import { type Enabled, enableUser } from './enable-account.sql.ts'

/**
 * Enables an account and forgets its wrong passwords on behalf of an operator of the database: the way back
 * in if the only administrator is locked out. For `cli/`; no route may call it.
 *
 * @returns whether that changed anything, and whether the account has a password to sign in with
 * @throws Error that tells the operator that there is no such account
 */
export async function enableAccount(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { email }: { email: string },
): Promise<Enabled> {
  const enabled = await enableUser(deps, { email: email.trim().toLowerCase(), now: deps.clock() })
  if (!enabled) throw new Error(`No account has the address ${email}`)
  return enabled
}
