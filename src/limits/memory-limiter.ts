import type { FloodLimiter } from '../deps.ts'
import type { Limit } from '../features/rules.ts'

/** About 10 MB. A limit by address does not stop a flood from more addresses anyway. */
const MAX_KEYS = 100_000

/**
 * A limit that one process counts in memory, by the generic cell rate algorithm of `sql/limits.ts`. Under
 * Node it replaces the Rate Limiting binding of Workers.
 *
 * @param now a clock in milliseconds
 * @returns a limiter; its refusals say in how many seconds the next attempt would be allowed
 */
export function createMemoryLimiter(
  { count, seconds }: Omit<Limit, 'name'>,
  now: () => number,
): FloodLimiter {
  const interval = (seconds * 1000) / count
  const tolerance = seconds * 1000 - interval
  const arrivals = new Map<string, number>()
  return {
    limit({ key }) {
      const at = now()
      const arrival = Math.max(arrivals.get(key) ?? 0, at)
      const wait = arrival - (at + tolerance)
      if (wait > 0) return Promise.resolve({ success: false, retryAfterSeconds: wait / 1000 })
      // Moved to the end, so that the map is in the order of last use.
      arrivals.delete(key)
      arrivals.set(key, arrival + interval)
      for (const [oldest, until] of arrivals) {
        if (until > at && arrivals.size <= MAX_KEYS) break
        arrivals.delete(oldest)
      }
      return Promise.resolve({ success: true })
    },
  }
}
