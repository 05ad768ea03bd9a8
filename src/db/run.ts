import type { DriverValueDecoder, SQL } from 'drizzle-orm'
import type { Database } from './client.ts'
import { openError } from './errors.ts'

/** What makes a value of PostgreSQL one of JavaScript: a time a `Date`. */
export type Decoder = DriverValueDecoder<unknown, unknown>

/** A statement whose rows are `R`s; `statement` of `sql/parts.ts` makes it. */
export type Statement<R> = {
  sql: SQL
  decoders: readonly (readonly [name: string, decoder: Decoder])[]
  /** Never there: what keeps the type of a row. */
  row?: R
}

/**
 * Sends a statement: one round trip.
 *
 * @returns its rows
 * @throws AppError `database_unavailable` if there is no answer; the driver's error if PostgreSQL refused the
 *   statement
 */
export async function run<R>(db: Database, statement: Statement<R>): Promise<R[]> {
  const { rows } = await opened(db.execute(statement.sql))
  return rows.map((row) => decoded(row, statement))
}

/**
 * The same, after a statement that takes a lock: both travel together, in one round trip and one transaction.
 * When the second begins, it sees all that was committed by those who had the lock before. Both end before we
 * give up on them, waiting for locks included.
 */
export async function runAfter<R>(db: Database, lock: SQL, statement: Statement<R>): Promise<R[]> {
  const [, { rows }] = await opened(db.batch([db.execute(lock), db.execute(statement.sql)]))
  return rows.map((row) => decoded(row, statement))
}

/** Sends what answers no rows. */
export async function send(db: Database, statement: SQL): Promise<{ rowCount: number }> {
  return await opened(db.execute(statement))
}

async function opened<T>(sent: PromiseLike<T>): Promise<T> {
  try {
    return await sent
  } catch (error) {
    throw openError(error)
  }
}

function decoded<R>(row: Record<string, unknown>, { decoders }: Statement<R>): R {
  const values = decoders.map(([name, decoder]) => {
    const value = row[name]
    return [name, value === null || value === undefined ? value : decoder.mapFromDriverValue(value)]
  })
  return Object.fromEntries(values) as R
}
