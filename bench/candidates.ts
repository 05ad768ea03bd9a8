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
  /** Whether it is there for some operations only, beside another one of the same make. */
  isPart: boolean
  command(port: number): Command
  /** Makes accounts and sessions, and answers what each lane does for an operation. */
  prepare(send: Send, port: number): Promise<Partial<Record<Operation, (lane: number) => Loop>>>
}

type Place = { bench: Bench; database: string; runtime: Runtime }

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const PYTHON = '/usr/bin/python3'
const SECRET = crypto.randomUUID() + crypto.randomUUID()

/** This product as it is deployed. */
export function ours({ bench, database, runtime }: Place): Candidate {
  return {
    ...{ name: `ours, ${runtime}`, isPart: false },
    command: (port) => oursCommand({ bench, database, runtime, port }, ['src/node.ts', 'wrangler.toml']),
    prepare: (send) => prepareOurs(send, bench, database),
  }
}

/** What its requests are made of, each by itself, and a route of one's own that the token alone guards. */
export function oursInParts({ bench, database, runtime }: Place): Candidate {
  const entries = ['bench/ours/node.ts', 'bench/ours/wrangler.toml'] as const
  return {
    ...{ name: `ours, ${runtime}`, isPart: true },
    command: (port) => oursCommand({ bench, database, runtime, port }, entries),
    prepare: async (send) => {
      const { 'current user': current } = await prepareOurs(send, bench, database)
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

/** better-auth; with its cookie cache it is there for what needs no database. */
export function betterAuth({ bench, database, runtime }: Place, cookieCache: 'on' | 'off'): Candidate {
  const isPart = cookieCache === 'on'
  return {
    ...{ name: `better-auth, ${runtime}${isPart ? ', cookie cache' : ''}`, isPart },
    command: (port) => {
      const probe = '/api/auth/ok'
      const variables = (url: string) => betterAuthVariables(url, { port, cookieCache })
      return runtime === 'Node'
        ? nodeCommand('bench/peers/better-auth/node.ts', {
            ...{ port, probe, variables: variables(bench.wireUrl(database)) },
          })
        : workerdCommand('bench/peers/better-auth/wrangler.toml', {
            ...{ port, probe, variables: variables(bench.httpUrl(database)) },
          })
    },
    prepare: async (send, port) => {
      const operations = await prepareBetterAuth(send, bench, { database, port })
      return isPart ? { 'by token alone': operations['current user'] } : operations
    },
  }
}

const betterAuthVariables = (
  databaseUrl: string,
  { port, cookieCache }: { port: number; cookieCache: string },
) => ({
  DATABASE_URL: databaseUrl,
  PORT: String(port),
  BASE_URL: `http://localhost:${port}`,
  SECRET,
  COOKIE_CACHE: cookieCache,
})

/** Makes better-auth's tables in a database, by its own migration. */
export function migrateBetterAuth(databaseUrl: string): void {
  const env = { ...betterAuthVariables(databaseUrl, { port: 1, cookieCache: 'off' }), MIGRATE: 'on' }
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
export function fastApi({ bench, database }: Omit<Place, 'runtime'>): Candidate {
  const server = ['-m', 'uvicorn', 'main:app', '--workers', '2', '--log-level', 'warning']
  return {
    ...{ name: 'FastAPI, 2 workers', isPart: false },
    command: (port) => ({
      ...{ file: PYTHON, port, probe: { method: 'GET', path: '/docs' } },
      args: [...server, '--port', String(port), '--app-dir', here('peers/fastapi')],
      env: { DATABASE_URL: bench.wireUrl(database), SECRET },
    }),
    prepare: prepareFastApi,
  }
}

/** Makes the tables of the design that is replaced. */
export function migrateFastApi(databaseUrl: string): void {
  const env = { DATABASE_URL: databaseUrl, SECRET, MIGRATE: 'on' }
  execFileSync(PYTHON, ['-c', 'import main'], { cwd: here('peers/fastapi'), env, stdio: 'inherit' })
}
