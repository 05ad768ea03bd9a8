/**
 * Executes the requests of the local Neon endpoint on a pool, a statement or a batch in one transaction, and
 * shapes the results as Neon does. Knows no HTTP.
 * @module
 */

import type { Pool, PoolClient, QueryArrayConfig } from 'pg'
import { endSession } from './pools.ts'

/** An SQL statement, with the values of `$1`, `$2`, … as the driver sent them. */
export type Statement = { query: string; params: (string | number | boolean | null)[] }

/** Neon's result of one statement; every value is PostgreSQL's text or null. */
export type StatementResult = Awaited<ReturnType<typeof execute>>

// The fields that Neon's driver copies from a response 400 to its NeonDbError, besides the message.
const errorFields = [
  ...['severity', 'code', 'detail', 'hint', 'position', 'internalPosition', 'internalQuery', 'where'],
  ...['schema', 'table', 'column', 'dataType', 'constraint', 'file', 'line', 'routine'],
]

/** The pool that a request's statements run on; the signal aborts when nobody waits for them any more. */
type Work = { pool: Pool; signal: AbortSignal }

/**
 * Runs one statement on one connection.
 *
 * @param work.signal cancels the statement, as Neon does when the HTTP request is aborted; it has no effect
 *   then, unless it was committed already
 * @returns its result; the connection is back in the pool, outside any transaction.
 * @throws the error of pg or PGlite, see {@link databaseErrorPayload}; the signal's reason after an abort.
 */
export function executeSingle(work: Work, statement: Statement): Promise<StatementResult> {
  return withClient(work, (client) => execute(client, statement))
}

/**
 * Runs the statements, in order, in one transaction on one connection: all of them or none.
 *
 * @param begin - the statement that opens the transaction, with its isolation level and modes.
 * @returns one result per statement, once the transaction is committed.
 * @throws the error of the first statement that failed, or of the COMMIT; the signal's reason after an abort.
 *   In either case everything is rolled back.
 */
export function executeBatch(work: Work, begin: string, statements: Statement[]): Promise<StatementResult[]> {
  return withClient(work, async (client) => {
    const results: StatementResult[] = []
    await client.query(begin)
    for (const statement of statements) {
      work.signal.throwIfAborted()
      results.push(await execute(client, statement))
    }
    work.signal.throwIfAborted()
    await client.query('COMMIT')
    return results
  })
}

/**
 * Neon's response body for an error of the database.
 *
 * @returns the message and the fields that the driver reads; `undefined` if the error is not PostgreSQL's.
 */
export function databaseErrorPayload(error: Error): Record<string, unknown> | undefined {
  const fields = new Map<string, unknown>(Object.entries(error))
  const code = fields.get('code')
  // By shape, since PGlite has an error class of its own. It needs a severity as well as a SQLSTATE (5
  // characters, see the appendix "PostgreSQL Error Codes"), because the code EPIPE has 5 characters too.
  if (typeof code !== 'string' || code.length !== 5 || !fields.get('severity')) return undefined
  return {
    message: error.message,
    ...Object.fromEntries(errorFields.map((name) => [name, fields.get(name)])),
  }
}

async function withClient<T>({ pool, signal }: Work, work: (client: PoolClient) => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const connecting = pool.connect()
  const client = await untilAborted(connecting, signal).catch((error: unknown) => {
    // The pool will still hand out the connection that this request gave up waiting for.
    connecting.then(
      (late) => late.release(),
      () => {},
    )
    throw error
  })
  return await untilAborted(runAndRelease({ pool, signal }, client, work), signal)
}

async function runAndRelease<T>(
  { pool, signal }: Work,
  client: PoolClient,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  // After an error the transaction status is stale (the server reports it later), so roll back after every
  // error; outside a transaction that only raises a warning.
  let mustRollBack = true
  let ending: Promise<boolean> | undefined
  const end = () => {
    ending = endSession(pool, client)
  }
  signal.addEventListener('abort', end)
  try {
    const result = await work(client)
    // A lone `BEGIN` leaves a transaction open, which must not swallow the next request's writes.
    mustRollBack = client.getTransactionStatus() !== 'I'
    return result
  } finally {
    signal.removeEventListener('abort', end)
    // Wait: the connection must not serve another request while its session is being ended.
    const isEnded = await ending
    const isBroken = mustRollBack && !isEnded && !(await rollBack(client))
    client.release(isEnded || isBroken)
  }
}

/** Stops waiting for work after an abort: the embedded database can't cancel a statement. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort))
}

function rollBack(client: PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  )
}

async function execute(client: PoolClient, { query, params }: Statement) {
  // In the simple protocol `select 1; drop table users` would run both. Neon refuses that, and code that
  // relies on it has to fail in development. The types of pg lack the option.
  const config: QueryArrayConfig & { queryMode: 'extended' } = {
    text: query,
    values: params,
    rowMode: 'array',
    queryMode: 'extended',
  }
  const { command, rowCount, rows, fields } = await client.query<(string | null)[]>(config)
  // The adapter of PGlite has the protocol's 0 where pg has 'text', the only format that is requested.
  return { command, rowCount, rows, fields: fields.map((f) => ({ ...f, format: 'text' })), rowAsArray: true }
}
