import type { Deps } from '../deps.ts'
import { retryWaiting, selectWaiting, type Waiting } from './operate.sql.ts'

/** A terminal shows no more at once. */
const MAX_LISTED = 200

/** Lists what was not sent: waiting or given up, newest first. For `cli/`; no route may call it. */
export async function listWaiting({ db }: Pick<Deps, 'db'>): Promise<Waiting[]> {
  return await selectWaiting(db, { limit: MAX_LISTED })
}

/**
 * Makes what was not sent due at once; the server's schedule sends it within ten minutes. For `cli/`.
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
