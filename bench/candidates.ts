import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nodeCommand, type Runtime, workerdCommand } from './commands.ts'
import type { Bench } from './database.ts'
import type { Loop } from './load.ts'
import type { Command } from './process.ts'
import {
  type Operation,
  oursVariables,
  PARTS,
  prepareBetterAuth,
  prepareFastApi,
  prepareOurs,
  prepareParts,
  type Send,
} from './subjects.ts'

/** A server that is measured. */
export type Candidate = {
  name: string
  /** What it is there for; everything, where it doesn't say. */
  only?: readonly Operation[]
  /**
   * Where its database is: without a network, what speaks PostgreSQL's own protocol is connected to the server itself, and
   * its statements are not counted.
   */
  distance: 'near' | 'far' | 'both'
  command(port: number): Command
  /** Makes accounts and sessions, and answers what each lane does for an operation. */
  prepare(send: Send, port: number): Promise<Partial<Record<Operation, (lane: number) => Loop>>>
}

type Place = { bench: Bench; database: string; runtime: Runtime }

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const PYTHON = '/usr/bin/python3'
const SECRET = crypto.randomUUID() + crypto.randomUUID()

/** This product as it is deployed. */
export function ours(place: Place): Candidate {
  return {
    ...{ name: `ours, ${place.runtime}`, distance: 'both' },
    command: (port) => oursCommand({ ...place, port }, ['src/node.ts', 'wrangler.toml']),
    prepare: (send) => prepareOurs(send, place.bench, place.database),
  }
}

/** What its requests are made of, each by itself, and a route of one's own that the token alone guards. */
export function oursInParts(place: Place): Candidate {
  return {
    ...{ name: `ours, ${place.runtime}`, only: PARTS, distance: 'both' },
    command: (port) => oursCommand({ ...place, port }, ['bench/ours/node.ts', 'bench/ours/wrangler.toml']),
    prepare: async (send) => {
      const { 'current user': current } = await prepareOurs(send, place.bench, place.database)
      return Object.fromEntries(
        PARTS.map((part) => [part, (lane: number) => prepareParts(part, current(lane))]),
      )
    },
  }
}

function oursCommand(
  { bench, database, runtime, port }: Place & { port: number },
  [node, worker]: readonly [node: string, worker: string],
): Command {
  const start = { port, probe: '/health', variables: oursVariables(bench.httpUrl(database), port) }
  return runtime === 'Node' ? nodeCommand(node, start) : workerdCommand(worker, start)
}

/** How better-auth can be set up: as it comes, or with what makes it ask its database less. */
const SETUPS = {
  default: { suffix: '', variables: {} },
  'cookie cache': {
    ...{ suffix: ', cookie cache', variables: { COOKIE_CACHE: 'on' } },
    only: ['by token alone'],
  },
  joins: { suffix: ', joins', variables: { JOINS: 'on' }, only: ['sign in', 'current user'] },
} as const
export type Setup = keyof typeof SETUPS

export function betterAuth(
  { bench, database, runtime }: Place,
  { setup, distance }: { setup: Setup; distance: Candidate['distance'] },
): Candidate {
  const { suffix, variables, ...rest } = SETUPS[setup]
  return {
    ...{ name: `better-auth, ${runtime}${suffix}`, distance, ...rest },
    command: (port) => {
      const wireUrl = distance === 'near' ? bench.directUrl : bench.wireUrl
      const url = runtime === 'Node' ? wireUrl(database) : bench.httpUrl(database)
      const start = {
        ...{ port, probe: '/api/auth/ok' },
        variables: { ...betterAuthVariables(url, port), ...variables },
      }
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

/** Makes better-auth's tables in a database, by its own migration. */
export function migrateBetterAuth(databaseUrl: string): void {
  const env = { ...betterAuthVariables(databaseUrl, 1), MIGRATE: 'on' }
  execFileSync(process.execPath, [here('peers/better-auth/node.ts')], { env, stdio: 'inherit' })
}

/** Whether Debian's packages of the design that is replaced are there. */
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

/** The design that this product replaces. */
export function fastApi(
  { bench, database }: Omit<Place, 'runtime'>,
  distance: Candidate['distance'],
): Candidate {
  const url = distance === 'near' ? bench.directUrl(database) : bench.wireUrl(database)
  return {
    ...{ name: 'FastAPI, 2 workers', distance },
    command: (port) => ({
      ...{
        file: PYTHON,
        args: [here('peers/fastapi/serve.py')],
        port,
        probe: { method: 'GET', path: '/docs' },
      },
      env: { DATABASE_URL: url, SECRET, PORT: String(port) },
    }),
    prepare: prepareFastApi,
  }
}

/** Makes the tables of the design that is replaced. */
export function migrateFastApi(databaseUrl: string): void {
  const env = { DATABASE_URL: databaseUrl, SECRET, MIGRATE: 'on' }
  execFileSync(PYTHON, ['-c', 'import main'], { cwd: here('peers/fastapi'), env, stdio: 'inherit' })
}
