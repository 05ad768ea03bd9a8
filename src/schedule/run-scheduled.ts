import type { Database } from '../db/client.ts'
import { describeCauses } from '../db/errors.ts'
import type { AppDeps } from '../deps.ts'
import { PURGES } from '../features.ts'
import { purge } from './purge.ts'

/** Work that is due every hour, by its name in the log. */
export type Jobs = Readonly<Record<string, (deps: AppDeps & { db: Database }) => Promise<unknown>>>

/**
 * Runs the purges of all features and then the jobs: started by Cloudflare's cron on Workers, by a timer
 * under Node. It may run twice at once, or not at all for a while: only disk space depends on it. If one part
 * fails, the others still run. Never rejects.
 */
export async function runScheduled(deps: AppDeps, jobs: Jobs): Promise<void> {
  const deleted: Record<string, number> = {}
  const attempt = async (what: string, work: (db: Database) => Promise<unknown>) => {
    try {
      await work(deps.connect({ roundTrips: 0, milliseconds: 0 }))
    } catch (error) {
      deps.log({ event: 'schedule_failed', what, causes: describeCauses(error) })
    }
  }
  for (const [what, rule] of Object.entries(PURGES)) {
    await attempt(what, async (db) => {
      deleted[what] = await purge({ ...deps, db }, rule)
    })
  }
  deps.log({ event: 'purged', ...deleted })
  for (const [what, job] of Object.entries(jobs)) await attempt(what, (db) => job({ ...deps, db }))
}
