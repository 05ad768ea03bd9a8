import { type NeonQueryPromise, neon, neonConfig, types } from '@neondatabase/serverless'
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http'
import { AppError } from '../errors.ts'
import { inSchema, SCHEMA_NAME } from '../features/tables.ts'
import { resolveDatabase } from '../net/database-host.ts'
import { isDatabaseAnswer } from './errors.ts'

/**
 * Drizzle's database over Neon's HTTP driver: one statement is one round trip. HTTP has no interactive
 * transactions, so a check and its act belong in one statement (`sql/parts.ts`).
 */
export type Database = NeonHttpDatabase

/** The use that one request made of the database. `roundTrips` counts HTTP requests, failed ones too. */
export type QueryMeter = { roundTrips: number; milliseconds: number }

/** Opens the database for one request, whose use `meter` counts. It connects to nothing and costs nothing. */
export type Connect = (meter: QueryMeter) => Database

/**
 * Longer than any query of a healthy database takes, and short enough that the client still waits. Without
 * it, a database that hangs would keep requests open until the platform ends them.
 */
const DEFAULT_TIMEOUT_MILLISECONDS = 3000
const TIMED_OUT = new DOMException('No answer in time', 'TimeoutError')

/** The part of the timeout that is left for the network, both ways. */
const TRAVEL_MILLISECONDS = 500

/**
 * The milliseconds after which PostgreSQL has to cancel a statement: half a second before we give up on it,
 * or half of our timeout if that is more. Otherwise it could commit after we have answered 503.
 */
export function statementDeadline(timeoutMilliseconds: number): number {
  return Math.max(timeoutMilliseconds - TRAVEL_MILLISECONDS, Math.floor(timeoutMilliseconds / 2))
}

type DriverInit = Omit<Parameters<DatabaseFetch>[1], 'redirect'>
type Post = (init: DriverInit) => ReturnType<DatabaseFetch>

// The driver derives a URL from the host, follows redirects to any other URL, and sends the password with
// every statement. So it must send nothing itself: requests go through the `post` of each database. The URL
// below belongs to nobody (RFC 2606).
neonConfig.fetchEndpoint = () => 'https://database.invalid/sql'
neonConfig.fetchFunction = (_address: string, { post, ...init }: DriverInit & { post: Post }) => post(init)

/** The type OIDs of `timestamp`, `timestamptz`, `date` and `interval`, and of their arrays. */
const TIMES = new Set([1114, 1184, 1082, 1186, 1115, 1185, 1182, 1187])

/**
 * Leaves times as strings, which Drizzle's columns decode to `Date` (a time BC or at infinity to an invalid
 * one). Passed with every query, since driver 1.2.0 ignores `neon(url, { types })`.
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
  /** A statement without an answer by then has failed. Default 3000. */
  timeoutMilliseconds?: number
  /** The PostgreSQL schema of our tables. Default `lumascope`. */
  schema?: string
  /** Sends the requests. Default: `fetch`. */
  databaseFetch?: DatabaseFetch | undefined
}

const globalFetch: DatabaseFetch = (url, init) => fetch(url, init)

type QueryOptions = { arrayMode?: boolean; fullResults?: true; fetchOptions?: RequestInit }
type Result = { rows: object[]; fields: unknown[] }
type Driver = ReturnType<typeof neon<boolean, true>>

/** A statement that is sent once it is awaited, or by a transaction together with others. */
type Pending = PromiseLike<Result> & { prepare: () => NeonQueryPromise<boolean, true> }

/**
 * Prepares Neon's HTTP driver for one database.
 *
 * A query without a usable answer (refused, timed out, 3xx, 5xx, unreadable) rejects with
 * `database_unavailable`, whatever error the driver throws; errors of PostgreSQL itself are passed on.
 * Drizzle wraps both in an error whose message contains every parameter: `unwrapError` in `errors.ts` removes
 * it.
 *
 * @param database a connection string, or one with the URL that SQL is posted to; `null`: Neon's own
 * @throws TypeError if the connection string must not be sent to its host; the message does not quote it
 */
export function prepareDatabase(
  database: string | { url: string; endpoint: string | null },
  options: DatabaseOptions,
): Connect {
  const { databaseFetch = globalFetch } = options
  const { url, endpoint } = typeof database === 'string' ? { url: database, endpoint: null } : database
  const address = resolveDatabase(url, endpoint)
  if ('problem' in address) throw new TypeError(`The connection string ${address.problem}`)
  const post: Post = (init) => databaseFetch(address.endpoint, { ...init, redirect: 'manual' })
  const driver = neon<boolean, true>(address.url, { fullResults: true, fetchOptions: { post } })
  return function connect(meter) {
    return drizzle({ client: createClient(driver, createSend(meter, options), options) as unknown as Driver })
  }
}

type Send = <R extends Result[]>(request: (fetchOptions: RequestInit) => Promise<R>) => Promise<R>

/** Sends requests with a deadline each, and counts them. */
function createSend(
  meter: QueryMeter,
  { now, timeoutMilliseconds = DEFAULT_TIMEOUT_MILLISECONDS }: DatabaseOptions,
): Send {
  return async function send(request) {
    const start = now()
    meter.roundTrips++
    // Not `AbortSignal.timeout`, whose timer outlives the request: seconds' worth of timers would pile up.
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
}

/** The part of Neon's driver that Drizzle uses, over `send`. */
function createClient(
  driver: Driver,
  send: Send,
  { timeoutMilliseconds = DEFAULT_TIMEOUT_MILLISECONDS, schema = SCHEMA_NAME }: DatabaseOptions,
) {
  const prepare = (text: string, params: unknown[], options: QueryOptions) =>
    driver.query(inSchema(text, schema), params, { ...options, types: parsers })
  // PostgreSQL limits each statement by itself: each of the two in a transaction gets half of the time.
  const half = String(Math.floor(statementDeadline(timeoutMilliseconds) / 2))
  const setDeadline = () => prepare(`select set_config('statement_timeout', $1, true)`, [half], {})
  return {
    query(text: string, params: unknown[], options: QueryOptions): Pending {
      const request = async (fetchOptions: RequestInit): Promise<[Result]> => [
        await prepare(text, params, { ...options, fetchOptions }),
      ]
      return {
        prepare: () => prepare(text, params, options),
        // biome-ignore lint/suspicious/noThenProperty: Drizzle awaits it, or puts it into a transaction
        then: (done, failed) =>
          send(request)
            .then(([result]) => result)
            .then(done, failed),
      }
    },
    /** One request, in which each statement sees everything that was committed before the statement began. */
    async transaction(queries: Pending[], options: QueryOptions): Promise<Result[]> {
      const statements = [setDeadline(), ...queries.map((query) => query.prepare())]
      const transaction = { ...options, isolationLevel: 'ReadCommitted' } as const
      const results = await send(async (fetchOptions) => {
        const answered = await driver.transaction(statements, { ...transaction, fetchOptions })
        if (answered.length !== statements.length) throw new Error('Not every statement has a result')
        return answered
      })
      return results.slice(1)
    },
  }
}

/** Whether every row has as many values as the answer has columns: a truncated answer has fewer. */
function isWellFormed({ rows, fields }: Result): boolean {
  return rows.every((row) => Object.keys(row).length === fields.length)
}
