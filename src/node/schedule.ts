import type { AppDeps } from '../deps.ts'
import { type Jobs, runScheduled } from '../schedule/run-scheduled.ts'

/** As often as the cron of `wrangler.toml`. */
const EVERY_MILLISECONDS = 3_600_000

/** Soon, since many processes live for less than an hour, but not while the first requests arrive. */
const FIRST_MILLISECONDS = 60_000

/**
 * Runs the schedule a minute or two after the start, and then every hour. The second minute is random: a
 * deployment starts all processes at once, and they would all delete the same rows. It keeps no process
 * alive.
 */
export function schedule(deps: AppDeps, jobs: Jobs): void {
  const [byte = 0] = deps.random.bytes(1)
  const jitter = (byte / 256) * FIRST_MILLISECONDS
  const run = () => void runScheduled(deps, jobs)
  setTimeout(() => {
    run()
    setInterval(run, EVERY_MILLISECONDS).unref()
  }, FIRST_MILLISECONDS + jitter).unref()
}
