import { purgeEvents } from './audit/purge.ts'
import { describeCauses } from './db/errors.ts'
import type { AppDeps } from './deps.ts'
import { purgeBudgets } from './limits/purge.ts'
import { purgeSessions } from './sessions/purge.ts'

const PURGES = { sessions: purgeSessions, events: purgeEvents, budgets: purgeBudgets }

/**
 * What has to be done now and then: by Cloudflare's cron on Workers, by a timer under Node. It may run twice
 * at once, or not at all for a while; nothing depends on it but space. One part that fails does not keep the others
 * from their work. Never rejects.
 */
export async function runScheduled({ connect, clock, config, log }: AppDeps): Promise<void> {
  const deleted: Record<string, number> = {}
  for (const [what, purge] of Object.entries(PURGES)) {
    try {
      const db = connect({ roundTrips: 0, milliseconds: 0 })
      deleted[what] = await purge({ db, clock, config })
    } catch (error) {
      log({ event: 'schedule_failed', what, causes: describeCauses(error) })
    }
  }
  log({ event: 'purged', ...deleted })
}
