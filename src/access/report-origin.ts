import type { Log } from '../deps.ts'

/** Whoever is in front of a frontend that doesn't work looks within the hour; a flood of names fills no log. */
const MAX_ORIGINS = 10
const WINDOW_MILLISECONDS = 3_600_000

/** Names have at most 253 characters; what is longer was made up. */
const MAX_CHARACTERS = 300

/**
 * Makes the log say which origin was refused, and what to set: the browser says "Failed to fetch", and nothing on the
 * server fails. One line an origin and hour, ten at most, however many a client makes up; what no browser would send is
 * not written down.
 *
 * @returns a function that is called with every refused origin; `now` are milliseconds that only grow
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

/** Scheme, host and port as a browser writes them, or `null` for a page without an origin. */
function isSerialised(origin: string): boolean {
  if (origin === 'null') return true
  const url = origin.length > MAX_CHARACTERS ? null : URL.parse(origin)
  return url !== null && url.host !== '' && `${url.protocol}//${url.host}` === origin
}
