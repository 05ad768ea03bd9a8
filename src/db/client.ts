import { neon, neonConfig, types } from '@neondatabase/serverless'
import { type SQL, sql } from 'drizzle-orm'
import { AppError } from '../errors.ts'
import { resolveDatabase } from '../net/database-host.ts'
import { isDatabaseAnswer } from './errors.ts'

/**
 * Statements only: HTTP has no interactive transaction, and a check and its act belong in one statement. Values come
 * as JavaScript's, except that times and `bigint` come as texts.
 */
export type Database = {
  /**
   * @param options.after a statement that takes a lock, sent along in the same round trip and transaction: when the
   *   other one begins, it sees all that was committed by whoever had the lock before. Both together end before we
   *   give up on them, waiting for locks included
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
const DEFAULT_TIMEOUT_MILLISECONDS = 3000
const TIMED_OUT = new DOMException('No answer in time', 'TimeoutError')

/** What a statement's way to the database and its answer's way back may take of the timeout. */
const TRAVEL_MILLISECONDS = 500

/**
 * When PostgreSQL has to end a statement so that nothing is committed after a request was answered 503: half a second
 * before we give up on it, or half of the time where that is less.
 */
export function statementDeadline(timeoutMilliseconds: number): number {
  return Math.max(timeoutMilliseconds - TRAVEL_MILLISECONDS, Math.floor(timeoutMilliseconds / 2))
}

type Post = (init: Omit<RequestInit, 'redirect'>) => ReturnType<DatabaseFetch>

// The driver would guess an address from the host, and follow redirects to any other: with every statement it sends the
// password. So it sends nothing itself: each database brings its own `post`. The address is nobody's (RFC 2606).
neonConfig.fetchEndpoint = () => 'https://database.invalid/sql'
neonConfig.fetchFunction = (_address: string, { post, ...init }: { post: Post }) => post(init)

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
  init: {
    method: 'POST'
    headers: Record<string, string>
    body: string
    signal: AbortSignal
    /** Where an answer points to elsewhere, that is where the password would go. */
    redirect: 'manual'
  },
) => Promise<Pick<Response, 'ok' | 'status' | 'json' | 'text'>>

export type DatabaseOptions = {
  /** A monotonic clock in milliseconds. */
  now: () => number
  /** After how long a statement without an answer counts as failed. Default 3000. */
  timeoutMilliseconds?: number
  /** What sends the requests. Default: `fetch`. */
  databaseFetch?: DatabaseFetch | undefined
}

const globalFetch: DatabaseFetch = (url, init) => fetch(url, init)

/**
 * Prepares Neon's HTTP driver for one database; one statement is one HTTP request.
 *
 * A query that gets no answer (refused, timed out, 3xx, 5xx, unreadable) rejects with `database_unavailable`,
 * whatever the driver made of it. An error that PostgreSQL itself answered is passed on as it is.
 *
 * @throws TypeError for a host that the connection string must not be sent to; nothing of it is repeated
 */
export function prepareDatabase(
  database: string | { url: string; endpoint: string | null },
  options: DatabaseOptions,
): Connect {
  const { now, timeoutMilliseconds = DEFAULT_TIMEOUT_MILLISECONDS, databaseFetch = globalFetch } = options
  const { url, endpoint } = typeof database === 'string' ? { url: database, endpoint: null } : database
  const address = resolveDatabase(url, endpoint)
  if ('problem' in address) throw new TypeError(`The connection string ${address.problem}`)
  const post: Post = (init) =>
    databaseFetch(address.endpoint, { ...(init as Parameters<DatabaseFetch>[1]), redirect: 'manual' })
  const driver = neon(address.url, { fullResults: true, fetchOptions: { post } })
  // PostgreSQL counts per statement: the two that follow may take half of the time each.
  const half = Math.floor(statementDeadline(timeoutMilliseconds) / 2)
  const deadlines = sql`select set_config('statement_timeout', ${String(half)}, true)`
  return function connect(meter) {
    async function execute<Row>(statement: SQL, { after }: { after?: SQL } = {}) {
      const start = now()
      meter.roundTrips++
      // Not `AbortSignal.timeout`: its timers would outlive their requests, seconds' worth of them at any time.
      const controller = new AbortController()
      const timer = setTimeout(() => controller.abort(TIMED_OUT), timeoutMilliseconds)
      try {
        const fetchOptions = { signal: controller.signal }
        const result = await (after
          ? sendTogether([deadlines, after, statement], fetchOptions)
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
   * In one request, as Neon takes them: a transaction that is not interactive. In READ COMMITTED, each statement sees
   * what was committed when it began.
   *
   * @returns the result of the last one
   */
  async function sendTogether(statements: readonly SQL[], fetchOptions: RequestInit) {
    const queries = statements.map((statement) => driver.query(...compile(statement), { types: parsers }))
    const results = await driver.transaction(queries, { fetchOptions, isolationLevel: 'ReadCommitted' })
    return results.length === statements.length ? results.at(-1) : null
  }
}

function compile(statement: SQL): [string, unknown[]] {
  const { sql: text, params } = statement.toQuery(POSTGRESQL)
  return [text, params]
}

/** Whether each row of an answer has one value a column: half an answer is none. */
function isWellFormed({ rows, fields }: { rows: object[]; fields: unknown[] }): boolean {
  return rows.every((row) => Object.keys(row).length === fields.length)
}
