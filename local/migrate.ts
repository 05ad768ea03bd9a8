import { fileURLToPath } from 'node:url'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import type { Pool, PoolClient } from 'pg'

const FOLDER = fileURLToPath(new URL('../drizzle', import.meta.url))

/** Any number that nothing else locks: "luma" in ASCII. */
const LOCK = 0x6c756d61

/** The same table as Drizzle's own migrators use, so that `drizzle-kit` agrees on what was applied. */
const BOOKKEEPING = `
  create schema if not exists drizzle;
  create table if not exists drizzle.__drizzle_migrations (
    id serial primary key, hash text not null, created_at bigint
  )`

/**
 * Applies the pending migrations of `drizzle/`, all of them or none: they run in one transaction, over a
 * PostgreSQL connection, since Neon's HTTP protocol has no transaction that spans requests. Of two that run
 * at once, the second waits and then finds nothing to do.
 *
 * Drizzle's migrator for this driver can't be used: it sends type parsers with every query, which the
 * embedded database's adapter takes for parameter types.
 *
 * @returns how many migrations were applied
 */
export async function applyMigrations(pool: Pool): Promise<number> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [LOCK])
    await client.query(BOOKKEEPING)
    const pending = await findPending(client)
    for (const migration of pending) await applyOne(client, migration)
    await client.query('commit')
    client.release()
    return pending.length
  } catch (error) {
    // Ends the session where it is a real one, and with it the transaction and the lock.
    await client.query('rollback').catch(() => {})
    client.release(true)
    throw error
  }
}

async function findPending(client: PoolClient): Promise<MigrationMeta[]> {
  const { rows } = await client.query('select max(created_at) as newest from drizzle.__drizzle_migrations')
  const newest = Number(rows[0]?.newest ?? 0)
  return readMigrationFiles({ migrationsFolder: FOLDER }).filter(({ folderMillis }) => folderMillis > newest)
}

async function applyOne(client: PoolClient, { sql, hash, folderMillis }: MigrationMeta): Promise<void> {
  for (const statement of sql) await client.query(statement)
  const record = 'insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)'
  await client.query(record, [hash, folderMillis])
}
