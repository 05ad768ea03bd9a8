import type { Deps } from '../deps.ts'
import { recordGuessing } from './watch-guessing.sql.ts'

/** As often as the schedule runs. */
const WINDOW_SECONDS = 3600

/**
 * Detects password spraying: somebody tries a few passwords at each of very many accounts from very many
 * networks, which no limit by account or address notices. If at least `GUESSING_ALARM` sign-ins failed within
 * an hour, over all accounts, it records one event and logs one line.
 *
 * @returns the failed sign-ins if that is an alarm; else 0
 */
export async function watchGuessing({
  db,
  clock,
  config,
  log,
}: Pick<Deps, 'db' | 'clock' | 'config' | 'log'>): Promise<number> {
  const now = clock()
  const since = new Date(now.getTime() - WINDOW_SECONDS * 1000)
  const found = await recordGuessing(db, { since, now, threshold: config.guessingAlarm })
  if (!found) return 0
  log({ event: 'guessing_suspected', ...found, seconds: WINDOW_SECONDS })
  return found.failed
}
