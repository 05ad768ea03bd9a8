import { isTimeout } from '../db/errors.ts'

/** Deleting a thousand rows takes, and keeps them locked for, a fraction of a statement's timeout. */
const BATCH_ROWS = 1000

/**
 * A batch that times out is rolled back as a whole, and the next one is half as large, down to this: even a
 * slow disk deletes fifty rows in time.
 */
const MIN_BATCH_ROWS = 50

/**
 * After a timeout: PostgreSQL notices a moment later that we gave up. Until then the rows stay locked, and a
 * batch would skip them.
 */
const PAUSE_MILLISECONDS = 500

/**
 * 300,000 rows an hour. Three tables then take fewer than the 1,000 subrequests that one run of a Worker may
 * make.
 */
const MAX_BATCHES = 300

/**
 * Deletes in bounded batches, one statement each: what one batch deleted stays deleted if a later one fails.
 * The rest waits for the next run.
 *
 * @param deleteBatch deletes at most `limit` rows and returns how many
 * @returns how many were deleted in all
 * @throws what `deleteBatch` rejects with; a timeout only if the smallest batch meets it
 */
export async function deleteInBatches(deleteBatch: (limit: number) => Promise<number>): Promise<number> {
  let total = 0
  let limit = BATCH_ROWS
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    try {
      const deleted = await deleteBatch(limit)
      total += deleted
      if (deleted < limit) break
    } catch (error) {
      if (!isTimeout(error) || limit === MIN_BATCH_ROWS) throw error
      limit = Math.max(MIN_BATCH_ROWS, Math.floor(limit / 2))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
    }
  }
  return total
}
