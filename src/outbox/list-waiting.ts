import type { Deps } from '../deps.ts'
import { selectWaiting, type Waiting } from './list-waiting.sql.ts'

/** A terminal shows no more at once. */
const MAX_LISTED = 200

/** Lists what was not sent: waiting or given up, newest first. For `cli/`; no route may call it. */
export async function listWaiting({ db }: Pick<Deps, 'db'>): Promise<Waiting[]> {
  return await selectWaiting(db, { limit: MAX_LISTED })
}
