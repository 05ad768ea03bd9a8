/**
 * Connection pools for the local Neon endpoint. The embedded database and a real server have the same class
 * of pool, so that the endpoint has one code path and behaves the same on both.
 * @module
 */

import type { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg'
import { secureConnection } from './secure-connection.ts'

// Neon sends every value in PostgreSQL's text format and leaves the parsing to its driver. Parsing here would
// change values: a bigint above 2^53 would lose digits, a timestamptz its microseconds. Set for the pool: set
// for a query, pg would put it into the Parse message, where PGlite's adapter takes it for parameter types.
const textOnly: PoolConfig['types'] = { getTypeParser: () => (value: string | Buffer) => value }

function quietPool(config: PoolConfig): Pool {
  const pool = new Pool({ ...config, types: textOnly })
  // An 'error' event without a listener ends the process. The pool emits one when an idle connection breaks,
  // a client when a busy one does (pg-pool removes its own listener while a client is in use). In both cases
  // the current or the next query rejects, and nothing else needs to be done.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
  return pool
}

/**
 * A pool for a PostgreSQL server, over verified TLS off this machine; every value it returns is text or null.
 *
 * @param connectionString - `postgres://user:password@host:port/database`; nothing is connected until the
 *   first query.
 * @param connections - how many it opens at most.
 * @returns the pool; the caller ends it.
 */
export function postgresPool(connectionString: string, connections = 10): Pool {
  return quietPool({ ...secureConnection(connectionString), max: connections })
}

/**
 * A pool for an embedded PGlite database; every value it returns is text or null.
 *
 * @param pglite - the database, owned (and closed) by the caller.
 * @returns the pool; the caller ends it before it closes the database.
 */
export function pglitePool(pglite: PGlite): Pool {
  // PGlite has one session, and its adapter one connection object for all clients of the pool. Two clients at
  // a time would read each other's results and share a transaction, so the pool has one and makes others
  // wait. It has no idle timeout either: closing the old client would close the connection of its successor.
  return quietPool({ ...createPgConfig(pglite), max: 1, idleTimeoutMillis: 0 })
}

/**
 * Ends a session through another connection: PostgreSQL cancels its running statement and rolls its
 * transaction back. `pg_cancel_backend` would be a race: it could arrive between two statements, without
 * effect, or during the statement of another request that got the connection meanwhile.
 *
 * @param client checked out of the pool; has to be discarded afterwards
 * @returns whether the session can be ended; PGlite's only session can't
 */
export async function endSession({ options }: Pool, client: PoolClient): Promise<boolean> {
  if (!options.connectionString) return false
  const { processID } = client as PoolClient & { processID?: number }
  const { connectionString, Client: Kind = Client } = secureConnection(options.connectionString)
  const other = new Kind({ connectionString })
  other.on('error', () => {})
  try {
    await other.connect()
    await other.query('select pg_terminate_backend($1)', [processID])
  } catch {
    // The server is down or accepts no further connection: the statement ends by itself.
  } finally {
    await other.end().catch(() => {})
  }
  return true
}
