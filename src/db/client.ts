import { neon, neonConfig } from '@neondatabase/serverless'
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http'
import { AppError } from '../errors.ts'
import { isLoopback } from '../loopback.ts'
import { isDatabaseAnswer } from './errors.ts'

/** Statements only: HTTP has no interactive transaction, and a check and its act belong in one statement. */
export type Database = Omit<NeonHttpDatabase, 'transaction' | 'batch'>

/** What one request spent on the database. `roundTrips` counts HTTP requests to it, failed ones too. */
export type QueryMeter = { roundTrips: number; milliseconds: number }

/** Opens a handle on the database whose use `meter` records. Cheap: no connection, no I/O. */
export type Connect = (meter: QueryMeter) => Database

/**
 * Longer than any healthy query needs and short enough that a caller still waits: a database that hangs
 * must not hold requests until the platform ends them.
 */
const TIMEOUT_MILLISECONDS = 3000

// Neon's convention for a local endpoint is plain http with the port in the URL; everything else is Neon.
const neonEndpoint = neonConfig.fetchEndpoint
neonConfig.fetchEndpoint = (host, port, options) => {
  if (isLoopback(host)) return `http://${host}:${port || 4444}/sql`
  return typeof neonEndpoint === 'string' ? neonEndpoint : neonEndpoint(host, port, options)
}

/**
 * Prepares Neon's HTTP driver for one database; one statement is one HTTP request.
 *
 * A query that gets no answer (refused, timed out, 5xx, unreadable) rejects with `database_unavailable`,
 * whatever the driver made of it. An error that PostgreSQL itself answered is passed on as it is. Drizzle
 * wraps either one as the `cause` of its own error.
 *
 * @param now a monotonic clock in milliseconds
 */
export function prepareDatabase(databaseUrl: string, now: () => number): Connect {
  const sql = neon(databaseUrl)
  return function connect(meter) {
    const query = async (text: string, params: unknown[], options: object) => {
      const start = now()
      meter.roundTrips++
      try {
        const fetchOptions = { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) }
        const result = await sql.query(text, params, { ...options, fetchOptions })
        if (!isWellFormed(result)) throw new Error('The rows do not have the columns that were announced')
        return result
      } catch (error) {
        if (isDatabaseAnswer(error)) throw error
        throw new AppError('database_unavailable', { cause: error })
      } finally {
        meter.milliseconds += now() - start
      }
    }
    // Drizzle sends every statement through the client's `query`; the rest of the client is for batches.
    return drizzle({ client: { query } as unknown as typeof sql })
  }
}

/** Whether each row of an answer has one value a column: half an answer is none. */
function isWellFormed(result: unknown): boolean {
  const { rows, fields } = result as { rows: unknown[]; fields: unknown[] }
  return rows.every((row) => Object.keys(row as object).length === fields.length)
}
