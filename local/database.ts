import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import type { Pool } from 'pg'
import { pglitePool, postgresPool } from './pools.ts'

export type LocalDatabase = {
  pool: Pool
  /** Where the data is, for people; without credentials. */
  location: string
  /** Says, to whoever finds the database in use, at which port of this machine its endpoint is. */
  announce(port: number): void
  close(): Promise<void>
}

/** Said to the developer in one line; everything else that fails is a bug and shows its stack. */
export class SetUpError extends Error {}

/** A real PostgreSQL server. Connects once, so that a wrong address is noticed here and not at a request. */
export async function openServer(databaseUrl: string): Promise<LocalDatabase> {
  if (!URL.canParse(databaseUrl)) throw new SetUpError('DATABASE_URL is not a URL')
  const { host, pathname } = new URL(databaseUrl)
  const location = `PostgreSQL at ${host}${pathname}`
  const pool = postgresPool(databaseUrl)
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    throw new SetUpError(`No database answers: ${location} (${reason(error)})`)
  }
  return { pool, location, announce: () => {}, close: () => pool.end() }
}

/** Where the embedded database of an instance is: each port has a folder, so that two can run side by side. */
export function embeddedFolder(environment: NodeJS.ProcessEnv, port: number): string {
  const ofPort = new URL(`../.local/postgres-${port}`, import.meta.url)
  return environment['LOCAL_DB_DIR'] || fileURLToPath(ofPort)
}

/**
 * The embedded PostgreSQL, with its data in a folder, or in memory for `memory:`. One process at a time may
 * have a folder open; a second one would ruin it, so a lock file beside it names the owner.
 */
export async function openEmbedded(folder: string): Promise<LocalDatabase> {
  const inMemory = folder === 'memory:'
  if (!inMemory) assertDatabaseFolder(folder)
  const unlock = inMemory ? () => {} : lock(folder)
  const announce = (port: number) => {
    if (!inMemory) writeFileSync(lockFile(folder), `${process.pid}\n${port}`)
  }
  try {
    const pglite = await PGlite.create(inMemory ? 'memory://' : folder)
    const pool = pglitePool(pglite)
    const close = async () => {
      await pool.end()
      await pglite.close()
      unlock()
    }
    return {
      pool,
      location: inMemory ? 'embedded PostgreSQL in memory' : `embedded PostgreSQL in ${folder}`,
      announce,
      close,
    }
  } catch (error) {
    unlock()
    throw new SetUpError(
      `The database in ${folder} can't be opened (${reason(error)}). Delete the folder to start afresh.`,
    )
  }
}

/** A new folder, an empty one, or one that holds a database: nothing else is written into. */
function assertDatabaseFolder(folder: string): void {
  if (!existsSync(folder)) return
  const isFolder = statSync(folder).isDirectory()
  if (isFolder && (existsSync(`${folder}/PG_VERSION`) || readdirSync(folder).length === 0)) return
  throw new SetUpError(
    `The database in ${folder} can't be opened (${isFolder ? 'other files are in it' : 'it is a file'})`,
  )
}

const lockFile = (folder: string) => `${folder}.lock`

function lock(folder: string): () => void {
  const file = lockFile(folder)
  mkdirSync(dirname(file), { recursive: true })
  const { owner } = readLock(file)
  if (owner !== null && owner !== process.pid && isRunning(owner)) {
    throw new SetUpError(
      `The database in ${folder} is in use by process ${owner}. Set LOCAL_DB_DIR to another folder.`,
    )
  }
  // Left behind by a process that was killed.
  if (owner !== null) rmSync(file)
  writeFileSync(file, String(process.pid), { flag: 'wx' })
  return () => rmSync(file, { force: true })
}

/** The port of the endpoint of a running process that has the folder open; `null` where none has. */
export function findEndpoint(folder: string): number | null {
  const { owner, port } = readLock(lockFile(folder))
  return owner !== null && isRunning(owner) ? port : null
}

function readLock(file: string): { owner: number | null; port: number | null } {
  try {
    const [owner, port] = readFileSync(file, 'utf8').split('\n')
    return { owner: Number(owner), port: port ? Number(port) : null }
  } catch {
    return { owner: null, port: null }
  }
}

function isRunning(processId: number): boolean {
  try {
    // Signal 0 asks without disturbing.
    return processId > 0 && process.kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The first line of an error's message, or its code where a failed connection has no message. */
export function reason(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message?.split('\n')[0] || code || 'unknown reason'
}
