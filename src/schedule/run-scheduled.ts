import type { Database } from '../db/client.ts'
import { describeCauses } from '../db/errors.ts'
import type { AppDeps } from '../deps.ts'
import { PURGES } from '../features.ts'
import { purge } from './purge.ts'

type Job = (deps: AppDeps & { db: Database }) => Promise<unknown>

/** The work of the schedule, by its name in the log. */
export type Jobs = {
  /** Every hour, after the purges. */
  hourly: Readonly<Record<string, Job>>
  /** Every ten minutes. */
  frequent: Readonly<Record<string, Job>>
}

/**
 * Runs the purges of all features and then the hourly jobs: started by Cloudflare's cron on Workers, by a
 * timer under Node. It may run twice at once, or not at all for a while: only disk space depends on it. If
 * one part fails, the others still run. Never rejects.
 */
export async function runHourly(deps: AppDeps, { hourly }: Jobs): Promise<void> {
  const deleted: Record<string, number> = {}
  for (const [what, rule] of Object.entries(PURGES)) {
    await attempt(deps, what, async (db) => {
      deleted[what] = await purge({ ...deps, db }, rule)
    })
  }
  deps.log({ event: 'purged', ...deleted })
  await runJobs(deps, hourly)
}

/** Runs what is due more often than every hour, in the same way. */
export async function runFrequent(deps: AppDeps, { frequent }: Jobs): Promise<void> {
  await runJobs(deps, frequent)
}

async function runJobs(deps: AppDeps, jobs: Readonly<Record<string, Job>>): Promise<void> {
  for (const [what, job] of Object.entries(jobs)) {
    await attempt(deps, what, (db) => job({ ...deps, db }))
  }
}

async function attempt(
  { connect, log }: Pick<AppDeps, 'connect' | 'log'>,
  what: string,
  work: (db: Database) => Promise<unknown>,
): Promise<void> {
  try {
    await work(connect({ roundTrips: 0, milliseconds: 0 }))
  } catch (error) {
    log({ event: 'schedule_failed', what, causes: describeCauses(error) })
  }
}
