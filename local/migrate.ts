import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import { escapeIdentifier, type Pool, type PoolClient } from 'pg'
import { inSchema, SCHEMA_NAME } from '../src/features/tables.ts'
import { VARIABLES } from '../src/features.ts'
import { findErrorCode } from './error-code.ts'
import { indexStep } from './migration-rules.ts'

const FOLDER = fileURLToPath(new URL('../drizzle', import.meta.url))

/** The key of an advisory lock, which nothing else uses: "luma" in ASCII. */
const LOCK = 0x6c756d61

/** In our schema, apart from the table of an application that migrates the same database. */
const BOOKKEEPING = `create table if not exists lumascope_migrations
  (id serial primary key, hash text not null, created_at bigint)`

export type MigrationOptions = {
  /** The PostgreSQL schema of our tables; created if it does not exist. Default is `lumascope`. */
  schema?: string
  /** The folder with the migrations and `meta/_journal.json`. Default is `drizzle/`. */
  folder?: string
  /** How long a statement waits for a lock before all is rolled back and retried. Default is 2000. */
  lockTimeoutMilliseconds?: number
  /** Between attempts, for the queries that queued behind ours. Default is 3000. */
  pauseMilliseconds?: number
  /** Default is 20, which takes about a minute and a half. */
  attempts?: number
}

const DEFAULTS = {
  schema: SCHEMA_NAME,
  folder: FOLDER,
  lockTimeoutMilliseconds: 2000,
  pauseMilliseconds: 3000,
  attempts: 20,
}

/**
 * Reads `DATABASE_SCHEMA` from an environment, by the server's own rule.
 *
 * @throws Error that says why the value is not valid
 */
export function readSchema(environment: Readonly<Record<string, string | undefined>>): string {
  const { rule, default: otherwise } = VARIABLES.DATABASE_SCHEMA
  const read = rule.safeParse(environment['DATABASE_SCHEMA']?.trim() || otherwise)
  if (read.success) return read.data
  throw new Error(`DATABASE_SCHEMA ${read.error.issues.map(({ message }) => message).join('; ')}`)
}

/** Another transaction had a table locked during all attempts. The transaction was rolled back. */
export class LockedOutError extends Error {}

/**
 * Applies the pending migrations, over a PostgreSQL connection, since Neon's HTTP protocol has no transaction
 * that spans requests. Consecutive migrations are one transaction: all are applied or none. A migration that
 * creates or drops indexes concurrently can't be in a transaction: each of its statements is applied on its
 * own and can be repeated.
 *
 * While a statement waits for an `ACCESS EXCLUSIVE` lock, say behind a backup that only reads, all later
 * queries of the table queue behind it. So it gives up after two seconds, which is less than a request's
 * timeout, lets them through, and retries. Of two migrators that run at once, the second waits and then finds
 * nothing to do.
 *
 * Drizzle's migrator for this driver can't be used: it sends type parsers with every query, which the
 * embedded database's adapter takes for parameter types.
 *
 * @returns how many migrations were applied
 * @throws {LockedOutError} after the last attempt
 */
export async function applyMigrations(pool: Pool, options: MigrationOptions = {}): Promise<number> {
  const settings = { ...DEFAULTS, ...options }
  const client = await pool.connect()
  try {
    // The role's own timeout would end long migrations.
    await client.query('set statement_timeout = 0')
    await takeLock(client)
    await client.query("select set_config('search_path', $1, false)", [settings.schema])
    await retryIfLocked(client, settings, () => inTransaction(client, () => prepareSchema(client, settings)))
    const pending = await findPending(client, settings.folder)
    for (const group of groupsOf(pending)) await applyGroup(client, settings, group)
    await client.query(`select pg_advisory_unlock(${LOCK})`)
    await client.query('reset search_path')
    await client.query('reset lock_timeout')
    await client.query('reset statement_timeout')
    client.release()
    return pending.length
  } catch (error) {
    // On a server, this ends the session, and with it the transaction and the lock.
    await client.query('rollback').catch(() => {})
    client.release(true)
    throw error
  }
}

/**
 * Takes the migrators' lock by polling. A statement that waited for it would have a snapshot, and the other
 * migrator's `CREATE INDEX CONCURRENTLY` would wait for that: a deadlock.
 */
async function takeLock(client: PoolClient): Promise<void> {
  const tryLock = `select from pg_try_advisory_lock(${LOCK}) as is_locked where is_locked`
  while ((await client.query(tryLock)).rowCount === 0) await sleep(100)
}

/** Creates the schema if it is missing. In an existing one, a role that can't create schemas can migrate. */
async function prepareSchema(client: PoolClient, { schema }: typeof DEFAULTS): Promise<void> {
  const { rowCount } = await client.query('select from pg_namespace where nspname = $1', [schema])
  if (rowCount === 0) await client.query(`create schema ${escapeIdentifier(schema)}`)
  await client.query(BOOKKEEPING)
}

async function findPending(client: PoolClient, migrationsFolder: string): Promise<MigrationMeta[]> {
  const { rows } = await client.query('select max(created_at) as newest from lumascope_migrations')
  const newest = Number(rows[0]?.newest ?? 0)
  return readMigrationFiles({ migrationsFolder }).filter(({ folderMillis }) => folderMillis > newest)
}

type Group = { isStepwise: boolean; migrations: MigrationMeta[] }

function groupsOf(pending: MigrationMeta[]): Group[] {
  const groups: Group[] = []
  for (const migration of pending) {
    const isStepwise = migration.sql.some((statement) => indexStep(statement) !== null)
    const last = groups.at(-1)
    if (last && !last.isStepwise && !isStepwise) last.migrations.push(migration)
    else groups.push({ isStepwise, migrations: [migration] })
  }
  return groups
}

async function applyGroup(client: PoolClient, settings: typeof DEFAULTS, group: Group): Promise<void> {
  if (group.isStepwise) {
    for (const migration of group.migrations) await applySteps(client, settings, migration)
    return
  }
  await retryIfLocked(client, settings, () =>
    inTransaction(client, async () => {
      for (const migration of group.migrations) {
        for (const statement of migration.sql) await client.query(inSchema(statement, settings.schema))
        await record(client, migration)
      }
    }),
  )
}

/**
 * Applies a migration of indexes, one statement after the other. They wait for all transactions that use the
 * table, without a timeout, and block none (PostgreSQL's documentation, "Building Indexes Concurrently"). A
 * step that failed leaves an invalid index of the same name, which has to be dropped before the step is
 * repeated.
 */
async function applySteps(
  client: PoolClient,
  settings: typeof DEFAULTS,
  migration: MigrationMeta,
): Promise<void> {
  await client.query('set lock_timeout = 0')
  for (const statement of migration.sql) {
    const step = indexStep(statement)
    if (step?.act === 'create') await dropInvalid(client, step.index)
    await client.query(inSchema(statement, settings.schema))
  }
  await record(client, migration)
}

async function dropInvalid(client: PoolClient, index: string): Promise<void> {
  const isInvalid = 'select from pg_index where indexrelid = to_regclass($1) and not indisvalid'
  const { rowCount } = await client.query(isInvalid, [index])
  if (rowCount) await client.query(`drop index concurrently if exists ${index}`)
}

async function record(client: PoolClient, { hash, folderMillis }: MigrationMeta): Promise<void> {
  const insert = 'insert into lumascope_migrations (hash, created_at) values ($1, $2)'
  await client.query(insert, [hash, folderMillis])
}

async function inTransaction(client: PoolClient, work: () => Promise<unknown>): Promise<void> {
  await client.query('begin')
  try {
    await work()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** SQLSTATEs of a lock timeout, and of a deadlock in which PostgreSQL cancelled our transaction. */
const LOCKED_OUT = ['55P03', '40P01']

async function retryIfLocked(
  client: PoolClient,
  { lockTimeoutMilliseconds, pauseMilliseconds, attempts }: typeof DEFAULTS,
  work: () => Promise<void>,
): Promise<void> {
  await client.query(`set lock_timeout = ${lockTimeoutMilliseconds}`)
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!LOCKED_OUT.includes(findErrorCode(error) ?? '')) throw error
      if (attempt === attempts) {
        throw new LockedOutError(
          'Something has a table locked, such as a backup or a transaction that was left open: ' +
            `in ${attempts} attempts there was no moment without. Run this again later`,
          { cause: error },
        )
      }
      await sleep(pauseMilliseconds)
    }
  }
}
