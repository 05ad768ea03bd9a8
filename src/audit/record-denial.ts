import type { Deps } from '../deps.ts'
import { recordBudget } from '../limits/budgets.ts'
import { insertDenial } from './queries.ts'

/** What was refused to whom. */
export type Denial = {
  userId: number
  sessionId: string
  /** The error that was answered, and why: one code has several reasons. */
  code: string
  reason: string
  method: string
  /** The pattern of the path; never the path, which holds what a client wrote. */
  route: string
}

/**
 * Puts a refusal on record, once an hour for an account and what was refused: somebody who tries every route is seen
 * at each of them. A session that has ended since is nobody's, and leaves nothing.
 */
export async function recordDenial(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'limitKeys'>,
  { userId, sessionId, ...details }: Denial,
): Promise<void> {
  const { method, route, reason } = details
  const budget = await recordBudget(deps, 'denied', `${userId} ${method} ${route} ${reason}`)
  await insertDenial(deps, { userId, sessionId, now: deps.clock(), details, budget })
}
