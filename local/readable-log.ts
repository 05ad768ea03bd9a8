/**
 * Turns the application's log, one line of JSON a request, into readable lines for developers. This is not
 * part of the product, so that production can't be configured to have a second format.
 * @module
 */

type RequestLine = {
  method: string
  route: string | null
  status: number
  duration_ms: number
  queries: number
}

/** Control characters except the tab, and whole sequences of colours, which are harmless. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const CONTROL = /\x1b\[[\d;]*m|[\x00-\x08\x0a-\x1f\x7f-\x9f]/g

/** Escapes control characters: in a logged string of a client they could rewrite the terminal's screen. */
function escapeControl(line: string): string {
  return line.replace(CONTROL, (found) =>
    found.length > 1 ? found : `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

function parse(line: string): Partial<RequestLine> & { event?: unknown } {
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}

/**
 * Formats a line of the log.
 *
 * @param line a line that the application printed
 * @param time of the line
 * @returns `12:01:02 POST /login 200 131 ms 2 queries` for a request; anything else as it is, without control
 *   characters
 */
export function readableLine(line: string, time: Date): string {
  const { event, method, route, status, duration_ms, queries } = parse(line)
  if (event !== 'request' || duration_ms === undefined) return escapeControl(line)
  const spent = `${Math.round(duration_ms)} ms ${queries} ${queries === 1 ? 'query' : 'queries'}`
  return escapeControl(
    `${time.toTimeString().slice(0, 8)} ${method} ${route ?? '(no route)'} ${status} ${spent}`,
  )
}

/** Creates a log that leaves out the start of the server and the health checks of `npm run dev` itself. */
export function createReadableLog(write: (line: string) => void, clock: () => Date) {
  let ownProbes = 0
  /** `npm run dev` announces the start in its own words. Until then, all health checks are its own. */
  function isHidden(line: string): boolean {
    const { event, route } = parse(line)
    if (event === 'listening') return true
    if (event !== 'request' || route !== '/health' || ownProbes === 0) return false
    ownProbes--
    return true
  }
  return {
    print(line: string): void {
      if (!isHidden(line)) write(readableLine(line, clock()))
    },
    /** Sends a request that is not shown; `null` if nobody answers. */
    async probe(url: string): Promise<Response | null> {
      ownProbes++
      const response = await fetch(url).catch(() => null)
      if (!response) ownProbes--
      return response
    },
  }
}
