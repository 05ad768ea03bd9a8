import { DEVICE_TOKEN_SECONDS } from '../crypto/device-token.ts'
import type { Deps } from '../deps.ts'
import { inBatches } from '../purge.ts'
import { deleteFullBudgets } from './queries.ts'

/** Isolates' clocks differ by less: none sees a budget as used that another deletes as full. */
const MARGIN_SECONDS = 3600

/**
 * Deletes budgets that nobody uses, in bounded batches. An attempt in the same moment keeps its row.
 *
 * @returns how many were deleted
 */
export function purgeBudgets({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const ago = (seconds: number) => new Date(clock().getTime() - seconds * 1000)
  const age = { before: ago(MARGIN_SECONDS), devicesBefore: ago(DEVICE_TOKEN_SECONDS) }
  return inBatches((limit) => deleteFullBudgets(db, { ...age, limit }))
}
