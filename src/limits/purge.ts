import type { Deps } from '../deps.ts'
import { inBatches } from '../schedule/in-batches.ts'
import { deleteBefore } from '../schedule/purge.sql.ts'
import { rateLimits } from './schema.ts'

/**
 * Deletes budgets that nobody uses, in bounded batches. An attempt in the same moment keeps its row.
 *
 * @returns how many were deleted
 */
export function purgeBudgets({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  return inBatches((limit) =>
    deleteBefore(db, { table: rateLimits, age: rateLimits.expiresAt, before: clock(), limit }),
  )
}
