/**
 * Connection pools for the local Neon endpoint. An embedded database and a real server are reached through
 * the same class, so the endpoint has one code path and behaves alike on both.
 * @module
 */

import type { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg'
import { secureConnection } from './secure-connection.ts'

// Neon sends every value as PostgreSQL's own text and leaves the parsing to its driver. Parsing here would
// change values on the way: a bigint above 2^53 would lose digits, a timestamptz its microseconds.
// It belongs to the pool's config: given per query, pg puts it into the Parse message, where PGlite's adapter
// takes it for a list of parameter types.
const textOnly: PoolConfig['types'] = { getTypeParser: () => (value: string | Buffer) => value }

function quietPool(config: PoolConfig): Pool {
  const pool = new Pool({ ...config, types: textOnly })
  // An 'error' event that nobody listens to ends the process. The pool emits one when an idle connection
  // dies, a client when a busy one does (pg-pool takes its own listener away while a client is lent out).
  // In both cases whoever runs the next or the current query is told; here is nothing left to do.
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
  // PGlite is one session and its adapter one connection object, handed to every client of the pool. Two
  // clients at a time would read each other's answers and share a transaction; with one, the pool makes the
  // others wait. Nor is it closed for being idle: the end of the old client would end the one that takes its
  // place.
  return quietPool({ ...createPgConfig(pglite), max: 1, idleTimeoutMillis: 0 })
}

/**
 * Ends a session from outside, by a connection of its own: PostgreSQL cancels the statement that runs in it
 * and rolls its transaction back. Cancelling the statement alone would leave a doubt: the order could arrive
 * between two statements, where it does nothing, or in the midst of somebody else's who got the connection
 * meanwhile.
 *
 * @param client lent out by the pool; to be discarded now
 * @returns whether it was one that can be ended. PGlite's only session can't.
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
    // A server that is gone, or takes no further connection: the statement comes to its own end.
  } finally {
    await other.end().catch(() => {})
  }
  return true
}
