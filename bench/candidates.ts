import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './checkouts.ts'
import { nodeCommand, type Runtime, workerdCommand } from './commands.ts'
import type { Bench } from './database.ts'
import type { Command } from './process.ts'
import {
  type Loops,
  type Operation,
  oursVariables,
  PARTS,
  prepareBetterAuth,
  prepareFastApi,
  prepareOurs,
  repeatPart,
  type Send,
} from './subjects.ts'

/** A server that is measured. */
export type Candidate = {
  name: string
  /** The operations that it is measured at; omitted: all but `by token alone`. */
  only?: readonly Operation[]
  /**
   * `near`: measured without the simulated network only; `far`: with it only. A client of PostgreSQL's own
   * protocol is two candidates: the near one connects past the network, which cannot count its statements.
   */
  distance: 'near' | 'far' | 'both'
  command(port: number): Command
  /** Makes accounts and sessions. */
  prepare(send: Send, port: number): Promise<Loops>
}

type Place = { bench: Bench; database: string; runtime: Runtime }

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const PYTHON = '/usr/bin/python3'
const SECRET = crypto.randomUUID() + crypto.randomUUID()

/** This product as a checkout deploys it; by default this one. */
export function ours(place: Place, { name, folder } = { name: 'ours', folder: root }): Candidate {
  return {
    name: `${name}, ${place.runtime}`,
    distance: 'both',
    command: (port) =>
      oursCommand({ ...place, port }, { folder, node: 'src/node.ts', worker: 'wrangler.toml' }),
    prepare: (send) => prepareOurs(send, place.bench, place.database),
  }
}

/** This product with the routes of `bench/ours/app.ts`. */
export function oursInParts(place: Place): Candidate {
  return {
    name: `ours, ${place.runtime}`,
    only: PARTS,
    distance: 'both',
    command: (port) =>
      oursCommand(
        { ...place, port },
        { folder: root, node: 'bench/ours/node.ts', worker: 'bench/ours/wrangler.toml' },
      ),
    async prepare(send) {
      const { 'current user': current } = await prepareOurs(send, place.bench, place.database)
      return Object.fromEntries(
        PARTS.map((part) => [part, (lane: number) => repeatPart(part, current(lane))]),
      )
    },
  }
}

type Entries = { folder: string; node: string; worker: string }

function oursCommand(
  { bench, database, runtime, port }: Place & { port: number },
  { folder, node, worker }: Entries,
): Command {
  const start = { port, probe: '/health', variables: oursVariables(bench.httpUrl(database), port) }
  if (runtime === 'Node') return nodeCommand(join(folder, node), start)
  return workerdCommand(join(folder, worker), start, { checkout: folder })
}

type SetupOptions = { suffix: string; variables: Record<string, string>; only?: readonly Operation[] }

/** better-auth with its defaults, and with each option that saves it queries. */
const SETUPS = {
  default: { suffix: '', variables: {} },
  'cookie cache': {
    suffix: ', cookie cache',
    variables: { COOKIE_CACHE: 'on' },
    only: ['by token alone'],
  },
  joins: { suffix: ', joins', variables: { JOINS: 'on' }, only: ['sign in', 'current user'] },
} satisfies Record<string, SetupOptions>
export type Setup = keyof typeof SETUPS

export function betterAuth(
  { bench, database, runtime }: Place,
  { setup, distance }: { setup: Setup; distance: Candidate['distance'] },
): Candidate {
  const { suffix, variables, ...rest }: SetupOptions = SETUPS[setup]
  return {
    name: `better-auth, ${runtime}${suffix}`,
    distance,
    ...rest,
    command(port) {
      const wireUrl = distance === 'near' ? bench.directUrl : bench.wireUrl
      const url = runtime === 'Node' ? wireUrl(database) : bench.httpUrl(database)
      const all = { ...betterAuthVariables(url, port), ...variables }
      const start = { port, probe: '/api/auth/ok', variables: all }
      return runtime === 'Node'
        ? nodeCommand('bench/peers/better-auth/node.ts', start)
        : workerdCommand('bench/peers/better-auth/wrangler.toml', start)
    },
    prepare: (send, port) => prepareBetterAuth(send, bench, { database, port }),
  }
}

const betterAuthVariables = (databaseUrl: string, port: number) => ({
  DATABASE_URL: databaseUrl,
  PORT: String(port),
  BASE_URL: `http://localhost:${port}`,
  SECRET,
})

/** Makes better-auth's tables by its own migration. */
export function migrateBetterAuth(databaseUrl: string): void {
  const env = { ...betterAuthVariables(databaseUrl, 1), MIGRATE: 'on' }
  execFileSync(process.execPath, [here('peers/better-auth/node.ts')], { env, stdio: 'inherit' })
}

/** Whether Debian's packages that the original needs are installed. */
export function hasFastApi(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import fastapi, uvicorn, sqlalchemy, bcrypt, jose, multipart, psycopg2'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}

/** The original: the design that this product replaces. */
export function fastApi(
  { bench, database }: Omit<Place, 'runtime'>,
  distance: Candidate['distance'],
): Candidate {
  const url = distance === 'near' ? bench.directUrl(database) : bench.wireUrl(database)
  return {
    name: 'FastAPI, 2 workers',
    distance,
    command: (port) => ({
      file: PYTHON,
      args: [here('peers/fastapi/serve.py')],
      port,
      probe: { method: 'GET', path: '/docs' },
      env: { DATABASE_URL: url, SECRET, PORT: String(port) },
    }),
    prepare: prepareFastApi,
  }
}

/** Makes the tables of the original. */
export function migrateFastApi(databaseUrl: string): void {
  const env = { DATABASE_URL: databaseUrl, SECRET, MIGRATE: 'on' }
  execFileSync(PYTHON, ['-c', 'import main'], { cwd: here('peers/fastapi'), env, stdio: 'inherit' })
}
