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
import { pglitePool, postgresPool } from './pools.ts'

export type LocalDatabase = {
  pool: Pool
  /** Where the data is, for people; without credentials. */
  location: string
  /**
   * Of this opening of the database. Its endpoint asks for it: every user of the machine reaches a port of
   * loopback. And who brings another one's has come to the wrong place.
   */
  secret: string
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
  return { ...withoutLock(), pool, location, close: () => inTime(pool.end()) }
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

/** What instances of `npm run dev` keep, each under its port. */
const LOCAL = fileURLToPath(new URL('../.local', import.meta.url))

/**
 * Where the embedded database of an instance is: each port has a folder, so that two can run side by side.
 */
export function embeddedFolder(environment: NodeJS.ProcessEnv, port: number): string {
  return environment['LOCAL_DB_DIR'] || `${LOCAL}/postgres-${port}`
}

/** The ports of the instances that run now and keep their data where it is by default. */
export function runningInstances(): number[] {
  const locks = existsSync(LOCAL) ? readdirSync(LOCAL) : []
  const ports = locks.flatMap((file) => /^postgres-(\d+)\.lock$/.exec(file)?.[1] ?? []).map(Number)
  return ports.filter((port) => findHolder(`${LOCAL}/postgres-${port}`)?.endpoint).sort((a, b) => a - b)
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
    if (!inMemory) closeToOthers(folder)
    const pglite = await PGlite.create(inMemory ? 'memory://' : folder)
    const pool = pglitePool(pglite)
    const close = async () => {
      await inTime(pool.end())
      await inTime(pglite.close())
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

/** What is in it holds addresses and password hashes, and PGlite makes its files writable by everybody. */
function closeToOthers(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const path of folder.startsWith(`${LOCAL}/`) ? [LOCAL, folder] : [folder]) chmodSync(path, 0o700)
}

const CLOSE_MILLISECONDS = 5000

/**
 * A statement that can't be ended keeps its connection for itself, and closing would wait for it for ever.
 */
async function inTime(closing: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, CLOSE_MILLISECONDS)
  await Promise.race([closing, late]).finally(() => clearTimeout(timer))
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
  writeFileSync(draft, text, { mode: 0o600 })
  return draft
}

type Lock = Pick<LocalDatabase, 'secret' | 'announce'> & { unlock(): void }

/** What no other process could find. */
const withoutLock = (): Lock => ({ secret: newSecret(), announce: () => {}, unlock: () => {} })

const newSecret = () => randomBytes(24).toString('base64url')

/**
 * Makes this process the only one that has the folder open.
 *
 * @throws SetUpError where another one has
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
    `The database in ${folder} is in use by process ${holder.processId}. Wait for its end, or set LOCAL_DB_DIR to another folder.`,
  )
}

/** Where the database of a running process answers on this machine. */
export type Endpoint = { port: number; secret: string }

/** Who has a folder open. The endpoint is `null` before there is one, and where there never will be. */
type Holder = { processId: number; endpoint: Endpoint | null }

/** The running process that has the folder open, as the lock file says; `null` where there is none. */
export function findHolder(folder: string): Holder | null {
  const [processId, port, secret] = readLock(lockFile(folder)).split('\n')
  // Where this process is the owner by number, the owner is one of the past, as in a container that starts
  // anew.
  if (Number(processId) === process.pid || !isRunning(Number(processId))) return null
  return { processId: Number(processId), endpoint: port && secret ? { port: Number(port), secret } : null }
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
 * What to connect to for an endpoint's database. A lock file outlives a killed process, and its port may be
 * another's.
 */
export function endpointUrl({ port, secret }: Endpoint, database = 'postgres'): string {
  return `postgresql://local:${secret}@localhost:${port}/${database}`
}

/** Whether a connection string brings this secret as its password. */
export function bringsSecret(secret: string, connectionString: string): boolean {
  const brought = Buffer.from(URL.parse(connectionString)?.password ?? '')
  const asked = Buffer.from(secret)
  return brought.length === asked.length && timingSafeEqual(brought, asked)
}

/** The first line of an error's message, or its code where a failed connection has no message. */
export function reason(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message?.split('\n')[0] || code || 'unknown reason'
}
