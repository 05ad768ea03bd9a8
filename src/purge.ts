/** A statement that deletes so many rows takes a fraction of its timeout and holds nobody up. */
const BATCH_ROWS = 5000

/** A million rows an hour: more than a flood makes that comes from a thousand addresses. */
const MAX_BATCHES = 200

/**
 * Deletes in bounded batches; the rest waits for the next run.
 *
 * @param deleteBatch deletes at most `limit` rows and says how many
 * @returns how many were deleted in all
 */
export async function inBatches(deleteBatch: (limit: number) => Promise<number>): Promise<number> {
  let total = 0
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const deleted = await deleteBatch(BATCH_ROWS)
    total += deleted
    if (deleted < BATCH_ROWS) break
  }
  return total
}
