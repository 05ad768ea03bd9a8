import type { Deps } from '../deps.ts'
import { recordGuessing } from './watch-guessing.sql.ts'

/** What one look covers; the schedule looks as often. */
const WINDOW_SECONDS = 3600

/**
 * Raises an alarm where more sign-ins failed in an hour, over all accounts, than the configuration allows
 * for: somebody tries a few passwords on each of very many accounts from very many networks, which no limit
 * by account or address sees. One event, and one line in the log.
 *
 * @returns how many failed, where that is an alarm; else 0
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
