import type { AppDeps } from '../deps.ts'
import { runScheduled } from '../schedule/run-scheduled.ts'

/** As often as the cron of `wrangler.toml`. */
const EVERY_MILLISECONDS = 3_600_000

/** Soon, since many processes don't live for an hour, but not while the process gets its first requests. */
const FIRST_MILLISECONDS = 60_000

/**
 * Cleans up a minute or two after the start, and every hour. The second minute is random: a deployment starts all
 * processes at once, and they would all delete the same rows. Keeps no process running.
 */
export function schedule(deps: AppDeps): void {
  const [byte = 0] = deps.random.bytes(1)
  const jitter = (byte / 256) * FIRST_MILLISECONDS
  const run = () => void runScheduled(deps)
  setTimeout(() => {
    run()
    setInterval(run, EVERY_MILLISECONDS).unref()
  }, FIRST_MILLISECONDS + jitter).unref()
}
