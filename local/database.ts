import { randomBytes, timingSafeEqual } from 'node:crypto'
import {
  chmodSync,
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
import { findErrorCode, reasonOf } from './error-code.ts'
import { pglitePool, postgresPool } from './pools.ts'

export type LocalDatabase = {
  pool: Pool
  /** The place of the data for messages, without credentials. */
  location: string
  /**
   * The endpoint of the database asks for it, since every user of the machine can reach a loopback port. Each
   * opening has a new one: the lock file of a killed process stays, and its port may be another database's.
   */
  secret: string
  /** Writes the port of the endpoint into the lock file, for processes that find the database in use. */
  announce(port: number): void
  close(): Promise<void>
}

/** A developer's mistake, printed in one line. Any other error is a bug and is printed with its stack. */
export class SetUpError extends Error {}

/**
 * Opens a PostgreSQL server. Connects once, so that a wrong address fails here and not at the first request.
 *
 * @throws SetUpError if the URL is malformed or no database answers
 */
export async function openServer(databaseUrl: string): Promise<LocalDatabase> {
  const url = URL.parse(databaseUrl)
  // A URL without a scheme, or with a slash in the password, parses too: then the path contains the password.
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.includes('@')) {
    throw new SetUpError('DATABASE_URL is not of the form postgresql://user:password@host/database')
  }
  const location = `PostgreSQL at ${url.host}${url.pathname}`
  const pool = await openPool(url, location)
  return { ...makeNoLock(), pool, location, close: () => closeInTime(pool.end()) }
}

async function openPool(url: URL, location: string): Promise<Pool> {
  let pool: Pool | undefined
  try {
    pool = postgresPool(url.href)
    await pool.query('select 1')
    return pool
  } catch (error) {
    await pool?.end()
    const lacksTls = /does not support SSL/.test(reasonOf(error))
    const advice = lacksTls ? '. On a network of your own, say so in the URL: ?sslmode=disable' : ''
    throw new SetUpError(`No database answers: ${location} (${reasonOf(error)})${advice}`)
  }
}

/** The data of instances of `npm run dev`, each in a folder named after its port. */
const LOCAL = fileURLToPath(new URL('../.local', import.meta.url))

/** The folder of an instance's embedded database: one a port, so that two can run side by side. */
export function embeddedFolder(environment: NodeJS.ProcessEnv, port: number): string {
  return environment['LOCAL_DB_DIR'] || `${LOCAL}/postgres-${port}`
}

/** The ports of the running instances whose data is in the default folder. */
export function findInstances(): number[] {
  const locks = existsSync(LOCAL) ? readdirSync(LOCAL) : []
  const ports = locks.flatMap((file) => /^postgres-(\d+)\.lock$/.exec(file)?.[1] ?? []).map(Number)
  return ports.filter((port) => findHolder(`${LOCAL}/postgres-${port}`)?.endpoint).sort((a, b) => a - b)
}

/**
 * Opens the embedded PostgreSQL, with its data in a folder, or in memory for `memory:`. A second process that
 * opens a folder would ruin the data, so a lock file beside the folder names its owner.
 *
 * @throws SetUpError if another process has the folder open, or PGlite can't open it
 */
export async function openEmbedded(folder: string): Promise<LocalDatabase> {
  const inMemory = folder === 'memory:'
  if (!inMemory) assertDatabaseFolder(folder)
  const { unlock, ...lock } = inMemory ? makeNoLock() : lockFolder(folder)
  try {
    if (!inMemory) makePrivate(folder)
    const pglite = await PGlite.create(inMemory ? 'memory://' : folder)
    const pool = pglitePool(pglite)
    const close = async () => {
      await closeInTime(pool.end())
      await closeInTime(pglite.close())
      unlock()
    }
    const location = inMemory ? 'embedded PostgreSQL in memory' : `embedded PostgreSQL in ${folder}`
    return { ...lock, pool, location, close }
  } catch (error) {
    unlock()
    throw new SetUpError(
      `The database in ${folder} can't be opened (${reasonOf(error)}). Delete the folder to start afresh.`,
    )
  }
}

/** The data contains addresses and password hashes, and PGlite makes its files writable by everybody. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const path of folder.startsWith(`${LOCAL}/`) ? [LOCAL, folder] : [folder]) chmodSync(path, 0o700)
}

const CLOSE_MILLISECONDS = 5000

/** Closing waits for running statements, and for one that can't be ended it would wait for ever. */
async function closeInTime(closing: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, CLOSE_MILLISECONDS)
  await Promise.race([closing, late]).finally(() => clearTimeout(timer))
}

/** Whether opening the folder would create a database in it. */
export function isMissingOrEmpty(folder: string): boolean {
  return !existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0)
}

/** Nothing is written into a folder unless it is new, empty or contains a database. */
function assertDatabaseFolder(folder: string): void {
  if (isMissingOrEmpty(folder) || existsSync(`${folder}/PG_VERSION`)) return
  const isFolder = statSync(folder).isDirectory()
  throw new SetUpError(
    `The database in ${folder} can't be opened (${isFolder ? 'other files are in it' : 'it is a file'})`,
  )
}

export const lockFile = (folder: string) => `${folder}.lock`

/** A lock file under another name, to be linked or renamed: a half-written lock would look abandoned. */
function draftLock(folder: string, text: string): string {
  const draft = `${lockFile(folder)}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  return draft
}

type Lock = Pick<LocalDatabase, 'secret' | 'announce'> & { unlock(): void }

/** For databases that need no lock: in memory, or on a server. */
const makeNoLock = (): Lock => ({ secret: newSecret(), announce: () => {}, unlock: () => {} })

const newSecret = () => randomBytes(24).toString('base64url')

/**
 * Makes this process the only one that has the folder open.
 *
 * @throws SetUpError if another process has it open
 */
export function lockFolder(folder: string): Lock {
  const file = lockFile(folder)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
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
  const secret = newSecret()
  const announce = (port: number) => renameSync(draftLock(folder, `${process.pid}\n${port}\n${secret}`), file)
  return { secret, announce, unlock: () => rmSync(file, { force: true }) }
}

function assertUnlocked(folder: string): void {
  const holder = findHolder(folder)
  if (holder === null) return
  throw new SetUpError(
    `The database in ${folder} is in use by process ${holder.processId}. Wait for its end, or set ` +
      'LOCAL_DB_DIR to another folder.',
  )
}

/** The endpoint of a running process on this machine, and the password that it asks for. */
export type Endpoint = { port: number; secret: string }

/** The process that has a folder open. `endpoint` is `null` before it has announced one. */
type Holder = { processId: number; endpoint: Endpoint | null }

/** The running process that has the folder open, according to the lock file; `null`: none. */
export function findHolder(folder: string): Holder | null {
  const [processId, port, secret] = readLock(lockFile(folder)).split('\n')
  // A lock with our own number was left by an earlier process that had it, as in a restarted container.
  if (Number(processId) === process.pid || !isRunning(Number(processId))) return null
  return { processId: Number(processId), endpoint: port && secret ? { port: Number(port), secret } : null }
}

function readLock(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (findErrorCode(error) === 'ENOENT') return ''
    throw error
  }
}

function isRunning(processId: number): boolean {
  try {
    // Signal 0 only checks.
    return processId > 0 && process.kill(processId, 0)
  } catch (error) {
    return findErrorCode(error) === 'EPERM'
  }
}

/** The connection string of an endpoint's database. */
export function endpointUrl({ port, secret }: Endpoint, database = 'postgres'): string {
  return `postgresql://local:${secret}@localhost:${port}/${database}`
}

/** Whether the password of a connection string is this secret. */
export function hasSecret(secret: string, connectionString: string): boolean {
  const given = Buffer.from(URL.parse(connectionString)?.password ?? '')
  const expected = Buffer.from(secret)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
