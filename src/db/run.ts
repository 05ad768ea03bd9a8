import type { DriverValueDecoder, SQL } from 'drizzle-orm'
import { AppError } from '../errors.ts'
import type { Database } from './client.ts'
import { unwrapError } from './errors.ts'

/** Decodes a value of the driver, such as a time to a `Date`. */
export type Decoder = DriverValueDecoder<unknown, unknown>

/** A statement with rows of type `R`; `statement` of `sql/parts.ts` makes it. */
export type Statement<R> = {
  sql: SQL
  decoders: readonly (readonly [name: string, decoder: Decoder])[]
  /** Never set: it only carries the type of a row. */
  row?: R
}

/**
 * Sends a statement in one round trip.
 *
 * @returns its rows
 * @throws AppError `database_unavailable` if there is no usable answer; the driver's error if PostgreSQL
 *   refused the statement
 */
export async function run<R>(db: Database, statement: Statement<R>): Promise<R[]> {
  return decodeAnswer(await unwrapErrors(db.execute(statement.sql)), statement)
}

/**
 * Sends a statement after one that takes a lock, both in one transaction and one round trip. The second
 * begins when it has the lock, so it sees everything that earlier holders of the lock have committed.
 * PostgreSQL cancels both before our deadline, time spent waiting for locks included.
 *
 * @throws as `run`
 */
export async function runAfter<R>(db: Database, lock: SQL, statement: Statement<R>): Promise<R[]> {
  const [, answer] = await unwrapErrors(db.batch([db.execute(lock), db.execute(statement.sql)]))
  return decodeAnswer(answer, statement)
}

async function unwrapErrors<T>(sent: PromiseLike<T>): Promise<T> {
  try {
    return await sent
  } catch (error) {
    throw unwrapError(error)
  }
}

type Answer = { rows: Record<string, unknown>[]; fields: { name: string }[] }

/**
 * Whether an act was done is often told by whether there is a row. So an answer counts only if it has the
 * columns that were asked for: a proxy in the way that mixes up answers must not make a failure a success.
 */
function decodeAnswer<R>({ rows, fields }: Answer, statement: Statement<R>): R[] {
  const { decoders } = statement
  const isRight =
    fields.length === decoders.length && decoders.every(([name], index) => fields[index]?.name === name)
  if (!isRight) {
    const cause = new Error('The answer is that of another statement')
    throw new AppError('database_unavailable', { cause })
  }
  return rows.map((row) => decodeRow(row, statement))
}

function decodeRow<R>(row: Record<string, unknown>, { decoders }: Statement<R>): R {
  const values = decoders.map(([name, decoder]) => {
    const value = row[name]
    return [name, value === null || value === undefined ? value : decoder.mapFromDriverValue(value)]
  })
  return Object.fromEntries(values) as R
}
