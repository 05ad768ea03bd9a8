import type { Deps } from '../deps.ts'
import { inBatches } from '../schedule/in-batches.ts'
import { deleteExpiredBudgets } from './queries.ts'

/**
 * Deletes budgets that nobody uses, in bounded batches. An attempt in the same moment keeps its row.
 *
 * @returns how many were deleted
 */
export function purgeBudgets({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  return inBatches((limit) => deleteExpiredBudgets(db, { before: clock(), limit }))
}
