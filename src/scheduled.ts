import { purgeEvents } from './audit/purge.ts'
import type { AppDeps } from './deps.ts'
import { purgeBudgets } from './limits/purge.ts'
import { purgeSessions } from './sessions/purge.ts'

/**
 * What has to be done now and then: by Cloudflare's cron on Workers, by a timer under Node. It may run twice
 * at once, or not at all for a while; nothing depends on it but space. Never rejects.
 */
export async function runScheduled({ connect, clock, config, log }: AppDeps): Promise<void> {
  try {
    const db = connect({ roundTrips: 0, milliseconds: 0 })
    const sessions = await purgeSessions({ db, clock })
    const events = await purgeEvents({ db, clock, config })
    log({ event: 'purged', sessions, events, budgets: await purgeBudgets({ db, clock }) })
  } catch (error) {
    log({ event: 'schedule_failed', name: error instanceof Error ? error.name : 'unknown' })
  }
}
