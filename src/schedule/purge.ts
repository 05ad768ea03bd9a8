import { camelCase } from '../config/camel-case.ts'
import type { Deps } from '../deps.ts'
import type { PURGES } from '../features.ts'
import { deleteInBatches } from './delete-in-batches.ts'
import { deleteBefore } from './purge.sql.ts'

type Rule = (typeof PURGES)[keyof typeof PURGES]

const DAY_MILLISECONDS = 86_400_000

/**
 * Deletes the rows of a table that are older than their feature keeps them.
 *
 * @returns how many were deleted
 */
export function purge(
  { db, clock, config }: Pick<Deps, 'db' | 'clock' | 'config'>,
  { table, age, keepDays }: Rule,
): Promise<number> {
  const days = typeof keepDays === 'number' ? keepDays : config[camelCase(keepDays)]
  const before = new Date(clock().getTime() - days * DAY_MILLISECONDS)
  return deleteInBatches((limit) => deleteBefore(db, { table, age, before, limit }))
}
