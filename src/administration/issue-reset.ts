import type { Deps } from '../deps.ts'
import { type LinkDeps, makeLink } from '../mail/make-links.ts'
import { insertResetByOperator } from './issue-reset.sql.ts'

/**
 * Makes a link that lets somebody choose a new password, on behalf of an operator of the database who hands
 * it over: for deployments without mail, and for people whose mailbox is gone. It does not prove the address.
 * For `cli/`; no route may call it.
 *
 * @throws Error that tells the operator that there is no such account
 */
export async function issuePasswordReset(
  deps: Pick<Deps, 'db' | 'clock' | 'client'> & LinkDeps,
  { email: given }: { email: string },
): Promise<{ userId: number; link: string; expiresAt: Date; isDisabled: boolean }> {
  const email = given.trim().toLowerCase()
  const issued = await insertResetByOperator(deps, { email, now: deps.clock() })
  if (!issued) throw new Error(`No account has the address ${given}`)
  const { userId, username, tokenId: id, expiresAt, isDisabled } = issued
  const token = { purpose: 'operator_reset' as const, id, expires_at: Math.floor(expiresAt.getTime() / 1000) }
  const link = await makeLink(deps, token, { email, username })
  return { userId, link, expiresAt, isDisabled }
}
