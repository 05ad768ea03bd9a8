import type { Deps } from '../deps.ts'
import { inBatches } from '../schedule/in-batches.ts'
import { deleteBefore } from '../schedule/purge.sql.ts'
import { auditEvents } from './schema.ts'

/**
 * Deletes events after `auditRetentionDays`: they hold people's addresses.
 *
 * @returns how many were deleted
 */
export function purgeEvents({ db, clock, config }: Pick<Deps, 'db' | 'clock' | 'config'>): Promise<number> {
  const before = new Date(clock().getTime() - config.auditRetentionDays * 86_400_000)
  return inBatches((limit) =>
    deleteBefore(db, { table: auditEvents, age: auditEvents.occurredAt, before, limit }),
  )
}
