import type { Deps } from '../deps.ts'
import { enableAccount as enable } from './queries.ts'

/**
 * Enables an account, and forgets its wrong passwords, on the word of whoever operates the database: the way back for
 * an administrator whom nobody else could let in. For `cli/`; no route may call it.
 *
 * @returns whether that changed anything
 * @throws Error that says, for the operator, that there is no such account
 */
export async function enableAccount(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { email }: { email: string },
): Promise<{ userId: number; isChanged: boolean }> {
  const outcome = await enable(deps, { email: email.trim().toLowerCase(), now: deps.clock() })
  if (!outcome) throw new Error(`No account has the address ${email}`)
  return outcome
}
