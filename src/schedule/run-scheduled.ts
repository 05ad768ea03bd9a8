import { purgeEvents } from '../audit/purge.ts'
import { describeCauses } from '../db/errors.ts'
import type { AppDeps } from '../deps.ts'
import { purgeBudgets } from '../limits/purge.ts'
import { checkDeadline } from '../operations/check-deadline.ts'
import { watchGuessing } from '../passwords/watch-guessing.ts'
import { purgeSessions } from '../sessions/purge.ts'

const PURGES = { sessions: purgeSessions, events: purgeEvents, budgets: purgeBudgets }

/**
 * What has to be done now and then: by Cloudflare's cron on Workers, by a timer under Node. It may run twice
 * at once, or not at all for a while; nothing depends on it but space. One part that fails does not keep the others
 * from their work. Never rejects.
 */
export async function runScheduled(deps: AppDeps): Promise<void> {
  const { connect, clock, config, log } = deps
  const deleted: Record<string, number> = {}
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      log({ event: 'schedule_failed', what, causes: describeCauses(error) })
    }
  }
  const db = () => connect({ roundTrips: 0, milliseconds: 0 })
  for (const [what, purge] of Object.entries(PURGES)) {
    await attempt(what, async () => {
      deleted[what] = await purge({ db: db(), clock, config })
    })
  }
  log({ event: 'purged', ...deleted })
  await attempt('guessing', () => watchGuessing({ db: db(), clock, config, log }))
  await attempt('deadline', () => checkDeadline(deps))
}
