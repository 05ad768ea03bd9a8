import type { Limit } from './config/rules.ts'
import type { FloodLimiter } from './deps.ts'

/** About 10 MB at most; a flood from more addresses than this is not one that a limit by address stops. */
const MAX_KEYS = 100_000

/**
 * What Cloudflare's Rate Limiting binding is on Workers, for one process: the generic cell rate algorithm of
 * `db/rate-limit.ts` in memory.
 *
 * @param now a monotonic clock in milliseconds
 */
export function createMemoryLimiter({ count, seconds }: Limit, now: () => number): FloodLimiter {
  const interval = (seconds * 1000) / count
  const tolerance = seconds * 1000 - interval
  const arrivals = new Map<string, number>()
  return {
    limit({ key }) {
      const at = now()
      const arrival = Math.max(arrivals.get(key) ?? 0, at)
      if (arrival > at + tolerance) return Promise.resolve({ success: false })
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
