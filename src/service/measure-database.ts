import type { Deps } from '../deps.ts'
import { ping } from './queries.ts'

/**
 * Asks the database the smallest question and times the answer.
 *
 * @returns milliseconds, to a tenth; and the failure, if there was no good answer
 */
export async function measureDatabase({
  db,
  stopwatch,
}: Pick<Deps, 'db' | 'stopwatch'>): Promise<{ milliseconds: number; failure?: unknown }> {
  const start = stopwatch()
  const elapsed = () => Math.round((stopwatch() - start) * 10) / 10
  try {
    await ping(db)
    return { milliseconds: elapsed() }
  } catch (failure) {
    return { milliseconds: elapsed(), failure }
  }
}
