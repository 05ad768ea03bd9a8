import { isTimeout } from '../db/errors.ts'

/** A statement that deletes so many rows takes a fraction of its timeout and holds nobody up. */
const BATCH_ROWS = 1000

/** A batch that times out is rolled back whole, so the next is half as large. This many rows take no disk that long. */
const MIN_BATCH_ROWS = 50

/** The database learns that we gave up a moment later. Until then it has the rows locked, which batches skip. */
const PAUSE_MILLISECONDS = 500

/** 300,000 rows an hour. For three tables that is less than the 1,000 requests that one run of a Worker may send. */
const MAX_BATCHES = 300

/**
 * Deletes in bounded batches, each a statement of its own: what one deleted stays deleted if a later one fails. The
 * rest waits for the next run.
 *
 * @param deleteBatch deletes at most `limit` rows and says how many
 * @returns how many were deleted in all
 * @throws what `deleteBatch` rejects with, a time-out only where the smallest batch meets it
 */
export async function inBatches(deleteBatch: (limit: number) => Promise<number>): Promise<number> {
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
