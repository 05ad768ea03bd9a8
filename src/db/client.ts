import { neon, neonConfig, types } from '@neondatabase/serverless'
import type { SQL } from 'drizzle-orm'
import { AppError } from '../errors.ts'
import { isLoopback } from '../loopback.ts'
import { isDatabaseAnswer } from './errors.ts'

/**
 * Statements only: HTTP has no interactive transaction, and a check and its act belong in one statement. Values come
 * as JavaScript's, except that times and `bigint` come as texts.
 */
export type Database = {
  /**
   * @param options.after a statement that takes a lock, sent along in the same round trip and transaction: when the
   *   other one begins, it sees all that was committed by whoever had the lock before
   */
  execute<Row = Record<string, unknown>>(
    statement: SQL,
    options?: { after?: SQL },
  ): Promise<{ rows: Row[]; rowCount: number }>
}

/** What one request spent on the database. `roundTrips` counts HTTP requests to it, failed ones too. */
export type QueryMeter = { roundTrips: number; milliseconds: number }

/** Opens a handle on the database whose use `meter` records. Cheap: no connection, no I/O. */
export type Connect = (meter: QueryMeter) => Database

/**
 * Longer than any healthy query needs and short enough that a caller still waits: a database that hangs
 * must not hold requests until the platform ends them.
 */
const TIMEOUT_MILLISECONDS = 3000
const TIMED_OUT = new DOMException('No answer in time', 'TimeoutError')

// Neon's convention for a local endpoint is plain http with the port in the URL; everything else is Neon.
const neonEndpoint = neonConfig.fetchEndpoint
neonConfig.fetchEndpoint = (host, port, options) => {
  if (isLoopback(host)) return `http://${host}:${port || 4444}/sql`
  return typeof neonEndpoint === 'string' ? neonEndpoint : neonEndpoint(host, port, options)
}

/** How Drizzle writes names and parameters for PostgreSQL. */
const POSTGRESQL = {
  escapeName: (name: string) => `"${name.replaceAll('"', '""')}"`,
  escapeParam: (index: number) => `$${index + 1}`,
  escapeString: (text: string) => `'${text.replaceAll("'", "''")}'`,
  casing: { getColumnCasing: (column: { name: string }) => column.name },
} as unknown as Parameters<SQL['toQuery']>[0]

/** PostgreSQL's numbers of `timestamp`, `timestamptz`, `date` and `interval`, and of arrays of them. */
const TIMES = new Set([1114, 1184, 1082, 1186, 1115, 1185, 1182, 1187])

/**
 * Times stay texts: as `Date`, a moment before our era or at infinity would be none. To be passed with every query:
 * driver 1.2.0 ignores the `types` of `neon(url, { types })`.
 */
const parsers = {
  getTypeParser: (type: number, format?: 'text') =>
    TIMES.has(type) ? (text: string) => text : types.getTypeParser(type, format),
} as typeof types

/** As much of `fetch` as the driver uses. */
export type DatabaseFetch = (
  url: string,
  init: { method: 'POST'; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<Pick<Response, 'ok' | 'status' | 'json' | 'text'>>

/**
 * Prepares Neon's HTTP driver for one database; one statement is one HTTP request.
 *
 * A query that gets no answer (refused, timed out, 5xx, unreadable) rejects with `database_unavailable`,
 * whatever the driver made of it. An error that PostgreSQL itself answered is passed on as it is.
 *
 * @param now a monotonic clock in milliseconds
 * @param databaseFetch what the driver sends requests with, in this process from now on; without it, what it did before,
 *   which is `fetch` at first
 */
export function prepareDatabase(
  databaseUrl: string,
  now: () => number,
  databaseFetch?: DatabaseFetch,
): Connect {
  // The driver has one for all databases.
  if (databaseFetch) neonConfig.fetchFunction = databaseFetch
  const driver = neon(databaseUrl, { fullResults: true })
  return function connect(meter) {
    async function execute<Row>(statement: SQL, { after }: { after?: SQL } = {}) {
      const start = now()
      meter.roundTrips++
      // Not `AbortSignal.timeout`: its timers would outlive their requests, three seconds' worth of them at any time.
      const controller = new AbortController()
      const timer = setTimeout(() => controller.abort(TIMED_OUT), TIMEOUT_MILLISECONDS)
      try {
        const fetchOptions = { signal: controller.signal }
        const result = await (after
          ? sendBoth([after, statement], fetchOptions)
          : driver.query(...compile(statement), { fetchOptions, types: parsers }))
        if (!result || !isWellFormed(result))
          throw new Error('The rows do not have the columns that were announced')
        return { rows: result.rows as Row[], rowCount: result.rowCount }
      } catch (error) {
        if (isDatabaseAnswer(error)) throw error
        throw new AppError('database_unavailable', { cause: error })
      } finally {
        clearTimeout(timer)
        meter.milliseconds += now() - start
      }
    }
    return { execute }
  }

  /**
   * Both in one request, as Neon takes them: a transaction that is not interactive. In READ COMMITTED, each of the two
   * sees what was committed when it began.
   */
  async function sendBoth(statements: readonly SQL[], fetchOptions: RequestInit) {
    const queries = statements.map((statement) => driver.query(...compile(statement), { types: parsers }))
    const results = await driver.transaction(queries, { fetchOptions, isolationLevel: 'ReadCommitted' })
    return results.length === statements.length ? results.at(-1) : null
  }
}

function compile(statement: SQL): [string, unknown[]] {
  const { sql, params } = statement.toQuery(POSTGRESQL)
  return [sql, params]
}

/** Whether each row of an answer has one value a column: half an answer is none. */
function isWellFormed({ rows, fields }: { rows: object[]; fields: unknown[] }): boolean {
  return rows.every((row) => Object.keys(row).length === fields.length)
}
