import { type NeonQueryPromise, neon, neonConfig, types } from '@neondatabase/serverless'
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http'
import { AppError } from '../errors.ts'
import { inSchema, SCHEMA_NAME } from '../features/tables.ts'
import { resolveDatabase } from '../net/database-host.ts'
import { isDatabaseAnswer } from './errors.ts'

/**
 * Drizzle's database over Neon's HTTP driver, one statement a round trip. HTTP has no interactive
 * transaction: a check and its act belong in one statement (`sql/parts.ts`).
 */
export type Database = NeonHttpDatabase

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
 * When PostgreSQL has to end a statement so that nothing is committed after a request was answered 503: half
 * a second before we give up on it, or half of the time if that is less.
 */
export function statementDeadline(timeoutMilliseconds: number): number {
  return Math.max(timeoutMilliseconds - TRAVEL_MILLISECONDS, Math.floor(timeoutMilliseconds / 2))
}

type Post = (init: Omit<RequestInit, 'redirect'>) => ReturnType<DatabaseFetch>

// Left to itself, the driver guesses an address from the host and follows redirects to any other, and it
// sends the password with every statement. So it sends nothing itself: each database brings its own `post`.
// The address is nobody's (RFC 2606).
neonConfig.fetchEndpoint = () => 'https://database.invalid/sql'
neonConfig.fetchFunction = (_address: string, { post, ...init }: { post: Post }) => post(init)

/** PostgreSQL's numbers of `timestamp`, `timestamptz`, `date` and `interval`, and of arrays of them. */
const TIMES = new Set([1114, 1184, 1082, 1186, 1115, 1185, 1182, 1187])

/**
 * Times stay strings, which columns turn into `Date`: a moment before our era or at infinity would be none.
 * Passed with every query, since driver 1.2.0 ignores the `types` of `neon(url, { types })`.
 */
const parsers = {
  getTypeParser: (type: number, format?: 'text') =>
    TIMES.has(type) ? (text: string) => text : types.getTypeParser(type, format),
} as typeof types

/** The part of `fetch` that the driver uses. */
export type DatabaseFetch = (
  url: string,
  init: {
    method: 'POST'
    headers: Record<string, string>
    body: string
    signal: AbortSignal
    /** A redirect would send the password elsewhere. */
    redirect: 'manual'
  },
) => Promise<Pick<Response, 'ok' | 'status' | 'json' | 'text'>>

export type DatabaseOptions = {
  /** A monotonic clock in milliseconds. */
  now: () => number
  /** After how long a statement without an answer counts as failed. Default 3000. */
  timeoutMilliseconds?: number
  /** The PostgreSQL schema of our tables. Default `lumascope`. */
  schema?: string
  /** What sends the requests. Default: `fetch`. */
  databaseFetch?: DatabaseFetch | undefined
}

const globalFetch: DatabaseFetch = (url, init) => fetch(url, init)

type QueryOptions = { arrayMode?: boolean; fullResults?: boolean }
type Result = { rows: object[]; fields: unknown[] }
type Driver = ReturnType<typeof neon<false, true>>

/** A statement that is sent when somebody waits for it, or by a transaction together with others. */
type Pending = PromiseLike<Result> & { prepare: () => NeonQueryPromise<false, true> }

/**
 * Prepares Neon's HTTP driver for one database.
 *
 * A query that gets no answer (refused, timed out, 3xx, 5xx, unreadable) rejects with `database_unavailable`,
 * whatever the driver made of it; an error that PostgreSQL itself answered is passed on. Drizzle wraps both
 * in an error of its own, whose message holds every parameter: `openError` in `errors.ts` takes it off.
 *
 * @throws TypeError for a host that the connection string must not be sent to; nothing of it is repeated
 */
export function prepareDatabase(
  database: string | { url: string; endpoint: string | null },
  options: DatabaseOptions,
): Connect {
  const { databaseFetch = globalFetch } = options
  const { url, endpoint } = typeof database === 'string' ? { url: database, endpoint: null } : database
  const address = resolveDatabase(url, endpoint)
  if ('problem' in address) throw new TypeError(`The connection string ${address.problem}`)
  const post: Post = (init) =>
    databaseFetch(address.endpoint, { ...(init as Parameters<DatabaseFetch>[1]), redirect: 'manual' })
  const driver = neon<false, true>(address.url, { fullResults: true, fetchOptions: { post } })
  return function connect(meter) {
    return drizzle({ client: meteredClient(driver, meter, options) as unknown as Driver })
  }
}

/** As much of Neon's driver as Drizzle uses, with a deadline for every request and a count of them. */
function meteredClient(
  driver: Driver,
  meter: QueryMeter,
  { now, timeoutMilliseconds = DEFAULT_TIMEOUT_MILLISECONDS, schema = SCHEMA_NAME }: DatabaseOptions,
) {
  async function send(request: (fetchOptions: RequestInit) => PromiseLike<Result[]>): Promise<Result[]> {
    const start = now()
    meter.roundTrips++
    // `AbortSignal.timeout` has a timer that outlives its request: seconds' worth of them at any time.
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(TIMED_OUT), timeoutMilliseconds)
    try {
      const results = await request({ signal: controller.signal })
      if (!results.every(isWellFormed)) throw new Error('The rows do not have the announced columns')
      return results
    } catch (error) {
      if (isDatabaseAnswer(error)) throw error
      throw new AppError('database_unavailable', { cause: error })
    } finally {
      clearTimeout(timer)
      meter.milliseconds += now() - start
    }
  }
  const prepare = (text: string, params: unknown[], options: QueryOptions & { fetchOptions?: RequestInit }) =>
    driver.query(inSchema(text, schema), params, { ...options, types: parsers }) as NeonQueryPromise<
      false,
      true
    >
  // PostgreSQL counts per statement: of the two that follow, each may take half of the time.
  const half = String(Math.floor(statementDeadline(timeoutMilliseconds) / 2))
  const deadlines = () => prepare(`select set_config('statement_timeout', $1, true)`, [half], {})
  return {
    query(text: string, params: unknown[], options: QueryOptions): Pending {
      const alone = async (fetchOptions: RequestInit) => [
        (await prepare(text, params, { ...options, fetchOptions })) as Result,
      ]
      return {
        prepare: () => prepare(text, params, options),
        // biome-ignore lint/suspicious/noThenProperty: Drizzle waits for a statement, or hands it to a transaction
        then: (done, failed) =>
          send(alone)
            .then(([result]) => result as Result)
            .then(done, failed),
      }
    },
    /** One request, in which each statement sees what was committed when it began. */
    async transaction(queries: Pending[], options: QueryOptions): Promise<Result[]> {
      const statements = [deadlines(), ...queries.map((query) => query.prepare())]
      const transaction = { ...options, isolationLevel: 'ReadCommitted' } as const
      const results = await send(
        async (fetchOptions) =>
          (await driver.transaction(statements, { ...transaction, fetchOptions })) as Result[],
      )
      return results.slice(1)
    },
  }
}

/** Whether each row of an answer has one value a column: half an answer is none. */
function isWellFormed({ rows, fields }: Result): boolean {
  return rows.every((row) => Object.keys(row).length === fields.length)
}
