import type { FloodLimiter } from '../deps.ts'
import type { Limit } from '../features/rules.ts'

/** About 10 MB at most; a flood from more addresses than this is not one that a limit by address stops. */
const MAX_KEYS = 100_000

/**
 * A limit for one process: the generic cell rate algorithm of `sql/limits.ts` in memory. Under Node it stands
 * where Cloudflare's Rate Limiting binding does on Workers.
 *
 * @param now milliseconds
 * @returns a refusal says in how many seconds the next attempt would be let through
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
      // Put last again, so that the first is the one that was let through the longest ago.
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
