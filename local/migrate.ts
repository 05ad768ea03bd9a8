import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import type { Pool } from 'pg'

const MIGRATIONS = fileURLToPath(new URL('../drizzle', import.meta.url))

/** Any number that nothing else locks: "luma" in ASCII. */
const LOCK = 0x6c756d61

/**
 * Applies the pending migrations of `drizzle/`, all of them or none: they run in one transaction, over a
 * PostgreSQL connection, since Neon's HTTP protocol has no transaction that spans requests. Of two that run
 * at once, the second waits and then finds nothing to do.
 */
export async function applyMigrations(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await migrate(drizzle({ client }), { migrationsFolder: MIGRATIONS })
    await client.query('select pg_advisory_unlock($1)', [LOCK])
    client.release()
  } catch (error) {
    // Ends the session, and with it the lock.
    client.release(true)
    throw error
  }
}
