/**
 * What the local Neon endpoint does with a pool: one statement, or a batch in one transaction, and the shape
 * of the answers. Knows no HTTP.
 * @module
 */

import type { Pool, PoolClient, QueryArrayConfig } from 'pg'
import { endSession } from './pools.ts'

/** One SQL statement with the values of `$1`, `$2`, … as the driver sent them. */
export type Statement = { query: string; params: (string | number | boolean | null)[] }

/** What Neon answers for one statement; every value is PostgreSQL's text or null. */
export type StatementResult = Awaited<ReturnType<typeof execute>>

// The members which Neon's driver copies from an answer 400 to its NeonDbError, besides the message.
const errorFields = [
  ...['severity', 'code', 'detail', 'hint', 'position', 'internalPosition', 'internalQuery', 'where'],
  ...['schema', 'table', 'column', 'dataType', 'constraint', 'file', 'line', 'routine'],
]

/** The session that a request's statements run in, and the signal that nobody waits for them any more. */
type Work = { pool: Pool; signal: AbortSignal }

/**
 * Runs one statement on one connection.
 *
 * @param work.signal ends the statement when it is aborted, as Neon does when the HTTP request is: it has not
 *   run then, unless it was committed already
 * @returns its result; the connection is back in the pool, outside any transaction.
 * @throws the error of pg or PGlite: see {@link databaseErrorPayload}; the signal's reason once that is
 *   aborted.
 */
export function executeSingle(work: Work, statement: Statement): Promise<StatementResult> {
  return withClient(work, (client) => execute(client, statement))
}

/**
 * Runs the statements, in order, in one transaction on one connection: all of them or none.
 *
 * @param begin - the statement that opens the transaction, with its isolation level and modes.
 * @returns one result per statement, once the transaction is committed.
 * @throws the error of the first statement that failed, or of the COMMIT; everything is rolled back then. So
 *   it is with the signal's reason, once that is aborted.
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
 * The JSON that Neon answers for an error of the database.
 *
 * @returns the message and the fields the driver reads; undefined if the error did not come from PostgreSQL.
 */
export function databaseErrorPayload(error: Error): Record<string, unknown> | undefined {
  const fields = new Map<string, unknown>(Object.entries(error))
  const code = fields.get('code')
  // By shape, since PGlite brings an error class of its own. A severity as well as a SQLSTATE (always
  // 5 characters, see the appendix "PostgreSQL Error Codes"), because the code EPIPE has 5 characters too.
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
    // Whoever gave up waiting for a connection still gets it one day.
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
  // After an error the transaction status is stale (the server reports it later), so an error always rolls
  // back; outside a transaction that only raises a warning.
  let mustRollBack = true
  let ending: Promise<boolean> | undefined
  const end = () => {
    ending = endSession(pool, client)
  }
  signal.addEventListener('abort', end)
  try {
    const result = await work(client)
    // A lone `BEGIN` succeeds. Its transaction must not swallow the next request's writes.
    mustRollBack = client.getTransactionStatus() !== 'I'
    return result
  } finally {
    signal.removeEventListener('abort', end)
    // What is to be ended must not be somebody else's by then.
    const isEnded = await ending
    const isBroken = mustRollBack && !isEnded && !(await rollBack(client))
    client.release(isEnded || isBroken)
  }
}

/** Doesn't wait for work that nobody waits for: the embedded database's can't be ended. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason as Error)
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
  // With the simple protocol `select 1; drop table users` would run both; Neon refuses that, and code which
  // needs it must fail here already. pg knows the option, its types do not.
  const config: QueryArrayConfig & { queryMode: 'extended' } = {
    text: query,
    values: params,
    rowMode: 'array',
    queryMode: 'extended',
  }
  const { command, rowCount, rows, fields } = await client.query<(string | null)[]>(config)
  // The adapter of PGlite writes the wire's 0 where pg writes 'text'; it is the only format asked for.
  return { command, rowCount, rows, fields: fields.map((f) => ({ ...f, format: 'text' })), rowAsArray: true }
}
