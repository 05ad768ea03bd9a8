/**
 * Cloudflare's Rate Limiting binding for workerd alone, which has none: `limit` requests a key, in a window
 * that begins with the key's first request. Counts in the isolate, without I/O: the binding costs a Worker
 * almost nothing in production either.
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
