import type { AppDeps } from '../deps.ts'
import { type Jobs, runFrequent, runHourly } from '../schedule/run-scheduled.ts'

/** As often as the crons of `wrangler.toml`. */
const HOURLY_MILLISECONDS = 3_600_000
const FREQUENT_MILLISECONDS = 600_000

/** Soon, since many processes live for less than an hour, but not while the first requests arrive. */
const FIRST_MILLISECONDS = 60_000

/**
 * Runs the schedule a minute or two after the start, and then every hour and every ten minutes. The second
 * minute is random: a deployment starts all processes at once, and they would all delete the same rows. It
 * keeps no process alive.
 */
export function schedule(deps: AppDeps, jobs: Jobs): void {
  const [byte = 0] = deps.random.bytes(1)
  const jitter = (byte / 256) * FIRST_MILLISECONDS
  const hourly = () => void runHourly(deps, jobs)
  const frequent = () => void runFrequent(deps, jobs)
  setTimeout(() => {
    for (const run of [hourly, frequent]) run()
    setInterval(hourly, HOURLY_MILLISECONDS).unref()
    setInterval(frequent, FREQUENT_MILLISECONDS).unref()
  }, FIRST_MILLISECONDS + jitter).unref()
}
