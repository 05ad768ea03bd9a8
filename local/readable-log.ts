/**
 * The application's log for people: in production one line of JSON a request, here one line to read. It
 * stands outside the product, so that there is no second format which production could be set to.
 * @module
 */

type RequestLine = {
  method: string
  route: string | null
  status: number
  duration_ms: number
  queries: number
}

/** All but a tab, and but for colours, which change nothing that is on the screen already. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const CONTROL = /\x1b\[[\d;]*m|[\x00-\x08\x0a-\x1f\x7f-\x9f]/g

/**
 * A terminal obeys control characters: a log that passes them on lets whoever is logged rewrite what is on
 * screen.
 */
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
 * @param line what the application printed
 * @param time when, for the reader
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

/**
 * What of the log is no news: the requests by which `npm run dev` itself asks whether the application is up.
 */
export function createReadableLog(write: (line: string) => void, clock: () => Date) {
  let ownProbes = 0
  /** Before it is up, nobody else's; and that it listens is what the developer is told in other words. */
  function isNoNews(line: string): boolean {
    const { event, route } = parse(line)
    if (event === 'listening') return true
    if (event !== 'request' || route !== '/health' || ownProbes === 0) return false
    ownProbes--
    return true
  }
  return {
    print(line: string): void {
      if (!isNoNews(line)) write(readableLine(line, clock()))
    },
    /** Asks with a request that is not shown. `null` where nobody answers. */
    async probe(url: string): Promise<Response | null> {
      ownProbes++
      const response = await fetch(url).catch(() => null)
      if (!response) ownProbes--
      return response
    },
  }
}
