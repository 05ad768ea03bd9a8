import type { Log } from '../deps.ts'

/** Whoever sees the frontend fail looks at the log within the hour; made-up origins must not fill it. */
const MAX_ORIGINS = 10
const WINDOW_MILLISECONDS = 3_600_000

/** A host name has at most 253 characters; a longer one was made up. */
const MAX_CHARACTERS = 300

/**
 * Logs which origin was refused, and which variable to set: otherwise the browser says only "Failed to
 * fetch", and on the server nothing fails. Each origin gets one line an hour, at most ten of them together; a
 * string that no browser would send gets none.
 *
 * @returns a function to call with every refused origin; `now` is in milliseconds that only grow
 */
export function createOriginReport() {
  let reported = new Set<string>()
  let since = Number.NEGATIVE_INFINITY
  return function reportOrigin(origin: string, { now, log }: { now: number; log: Log }): void {
    if (now - since >= WINDOW_MILLISECONDS) {
      reported = new Set()
      since = now
    }
    if (reported.size >= MAX_ORIGINS || reported.has(origin) || !isSerialised(origin)) return
    reported.add(origin)
    log({ event: 'origin_refused', origin, detail: 'If it is yours, add it to CORS_ORIGINS' })
  }
}

/** Whether it is scheme, host and port as browsers write them, or `null` of a page without an origin. */
function isSerialised(origin: string): boolean {
  if (origin === 'null') return true
  const url = origin.length > MAX_CHARACTERS ? null : URL.parse(origin)
  return url !== null && url.host !== '' && `${url.protocol}//${url.host}` === origin
}
