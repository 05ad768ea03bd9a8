import type { Deps } from '../deps.ts'
import { retryWaiting } from './retry.sql.ts'

/**
 * Makes what was not sent due at once; the server's schedule sends it within ten minutes. For `cli/`.
 *
 * @param which.id `null`: everything
 * @returns how many; without those that have expired, or that a process is sending at the moment
 */
export async function retryDeliveries(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  { id }: { id: string | null },
): Promise<number> {
  const ids = await retryWaiting(db, { id, now: clock() })
  return ids.length
}
