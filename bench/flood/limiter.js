/**
 * Cloudflare's Rate Limiting binding for workerd by itself, which has none: so many a key, from
 * the key's first request on. In the isolate and without I/O, as counting costs a Worker next to nothing in
 * production.
 *
 * @param env the binding's `limit`, and its `period` in seconds
 */
export default function createLimiter({ limit, period }) {
  const windows = new Map()
  return {
    limit({ key }) {
      const now = Date.now()
      const known = windows.get(key)
      const current = known && known.until > now ? known : { until: now + period * 1000, count: 0 }
      windows.set(key, current)
      current.count++
      return Promise.resolve({ success: current.count <= limit })
    },
  }
}
