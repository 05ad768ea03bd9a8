import { randomUUID } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import type { Pool } from 'pg'
import { pglitePool, postgresPool } from './pools.ts'

export type LocalDatabase = {
  pool: Pool
  /** Where the data is, for people; without credentials. */
  location: string
  /** Of this opening of the database. Who asks an endpoint about another one has come to the wrong place. */
  id: string
  /** Says, to whoever finds the database in use, at which port of this machine its endpoint is. */
  announce(port: number): void
  close(): Promise<void>
}

/** Said to the developer in one line; everything else that fails is a bug and shows its stack. */
export class SetUpError extends Error {}

/** A real PostgreSQL server. Connects once, so that a wrong address is noticed here and not at a request. */
export async function openServer(databaseUrl: string): Promise<LocalDatabase> {
  const url = URL.parse(databaseUrl)
  // What lacks a scheme, or has a slash in its password, parses as well: the password is in its path then.
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.includes('@')) {
    throw new SetUpError('DATABASE_URL is not of the form postgresql://user:password@host/database')
  }
  const location = `PostgreSQL at ${url.host}${url.pathname}`
  const pool = await openPool(url, location)
  return { ...withoutLock(), pool, location, close: () => pool.end() }
}

async function openPool(url: URL, location: string): Promise<Pool> {
  let pool: Pool | undefined
  try {
    pool = postgresPool(url.href)
    await pool.query('select 1')
    return pool
  } catch (error) {
    await pool?.end()
    const lacksTls = /does not support SSL/.test(reason(error))
    const advice = lacksTls ? '. On a network of your own, say so in the URL: ?sslmode=disable' : ''
    throw new SetUpError(`No database answers: ${location} (${reason(error)})${advice}`)
  }
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
  const { unlock, ...lock } = inMemory ? withoutLock() : lockFolder(folder)
  try {
    const pglite = await PGlite.create(inMemory ? 'memory://' : folder)
    const pool = pglitePool(pglite)
    const close = async () => {
      await pool.end()
      await pglite.close()
      unlock()
    }
    const location = inMemory ? 'embedded PostgreSQL in memory' : `embedded PostgreSQL in ${folder}`
    return { ...lock, pool, location, close }
  } catch (error) {
    unlock()
    throw new SetUpError(
      `The database in ${folder} can't be opened (${reason(error)}). Delete the folder to start afresh.`,
    )
  }
}

/** Whether opening the folder would make a database in it. */
export function isMissingOrEmpty(folder: string): boolean {
  return !existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0)
}

/** A new folder, an empty one, or one that holds a database: nothing else is written into. */
function assertDatabaseFolder(folder: string): void {
  if (isMissingOrEmpty(folder) || existsSync(`${folder}/PG_VERSION`)) return
  const isFolder = statSync(folder).isDirectory()
  throw new SetUpError(
    `The database in ${folder} can't be opened (${isFolder ? 'other files are in it' : 'it is a file'})`,
  )
}

export const lockFile = (folder: string) => `${folder}.lock`

/** A lock in the making, to be linked or renamed: one that is half written would pass for one left behind. */
function draftLock(folder: string, text: string): string {
  const draft = `${lockFile(folder)}.${process.pid}`
  writeFileSync(draft, text)
  return draft
}

type Lock = Pick<LocalDatabase, 'id' | 'announce'> & { unlock(): void }

/** What no other process could find. */
const withoutLock = (): Lock => ({ id: randomUUID(), announce: () => {}, unlock: () => {} })

/**
 * Makes this process the only one that has the folder open.
 *
 * @throws SetUpError where another one has
 */
export function lockFolder(folder: string): Lock {
  const file = lockFile(folder)
  mkdirSync(dirname(file), { recursive: true })
  assertUnlocked(folder)
  // Left behind by a process that was killed.
  rmSync(file, { force: true })
  const draft = draftLock(folder, String(process.pid))
  try {
    linkSync(draft, file)
  } catch (error) {
    // Another process was quicker.
    assertUnlocked(folder)
    throw error
  } finally {
    rmSync(draft)
  }
  const id = randomUUID()
  const announce = (port: number) => renameSync(draftLock(folder, `${process.pid}\n${port}\n${id}`), file)
  return { id, announce, unlock: () => rmSync(file, { force: true }) }
}

function assertUnlocked(folder: string): void {
  const holder = findHolder(folder)
  if (holder === null) return
  throw new SetUpError(
    `The database in ${folder} is in use by process ${holder.processId}. Wait for its end, or set LOCAL_DB_DIR to another folder.`,
  )
}

/** Where the database of a running process answers on this machine. */
export type Endpoint = { port: number; id: string }

/** Who has a folder open. The endpoint is `null` before there is one, and where there never will be. */
type Holder = { processId: number; endpoint: Endpoint | null }

/** The running process that has the folder open, as the lock file says; `null` where there is none. */
export function findHolder(folder: string): Holder | null {
  const [processId, port, id] = readLock(lockFile(folder)).split('\n')
  // Where this process is the owner by number, the owner is one of the past, as in a container that starts anew.
  if (Number(processId) === process.pid || !isRunning(Number(processId))) return null
  return { processId: Number(processId), endpoint: port && id ? { port: Number(port), id } : null }
}

function readLock(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
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

/**
 * What to connect to for an endpoint's database and no other: a lock file outlives a killed process, and its port may
 * be another database's by now.
 */
export function endpointUrl({ port, id }: Endpoint): string {
  return `postgresql://local:local@localhost:${port}/postgres?id=${id}`
}

/** Whether a connection string means the database of this id, or does not say which. */
export function isMeantFor(id: string, connectionString: string): boolean {
  const meant = URL.parse(connectionString)?.searchParams.get('id') ?? id
  return meant === id
}

/** The first line of an error's message, or its code where a failed connection has no message. */
export function reason(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message?.split('\n')[0] || code || 'unknown reason'
}
