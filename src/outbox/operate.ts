import type { Deps } from '../deps.ts'
import { retryWaiting, selectWaiting, type Waiting } from './operate.sql.ts'

/** A terminal shows no more at once. */
const MAX_LISTED = 200

/** What is not sent yet or was given up, for operators; the newest first. No route may call it. */
export async function listWaiting({ db }: Pick<Deps, 'db'>): Promise<Waiting[]> {
  return await selectWaiting(db, { limit: MAX_LISTED })
}

/**
 * Makes what is not sent due again: the schedule of the server sends it within ten minutes. For operators.
 *
 * @param which.id `null`: everything
 * @returns how many
 */
export async function retryDeliveries(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  { id }: { id: string | null },
): Promise<number> {
  const ids = await retryWaiting(db, { id, now: clock() })
  return ids.length
}
