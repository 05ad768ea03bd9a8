import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HttpRequest } from './load.ts'
import {
  type Operation,
  oursVariables,
  prepareBetterAuth,
  prepareFastApi,
  prepareOurs,
  type Subject,
} from './subjects.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'auth-bench-'))
const PYTHON = '/usr/bin/python3'
const SECRET = crypto.randomUUID() + crypto.randomUUID()
const probe = (path: string): HttpRequest => ({ method: 'GET', path })

/** Which operations a subject is there for; all where it doesn't say. */
export type Candidate = Subject & { operations?: readonly Operation[] }

export function oursOnNode(database: string): Candidate {
  return {
    ...{ name: 'ours, Node', database },
    command: (bench, port) => ({
      ...{ file: process.execPath, args: ['src/node.ts'], port, probe: probe('/health') },
      env: oursVariables(bench.httpUrl(database), port),
    }),
    prepare: (send, bench) => prepareOurs(send, bench, database),
  }
}

/** A route of one's own, guarded by the token alone. */
export function oursByToken(database: string): Candidate {
  return {
    ...{ name: 'ours, Node', database, operations: ['by token alone', 'a hash alone', 'a round trip alone'] },
    command: (bench, port) => ({
      ...{ file: process.execPath, args: ['bench/ours/node.ts'], port, probe: probe('/health') },
      env: oursVariables(bench.httpUrl(database), port),
    }),
    async prepare(send, bench) {
      const { 'current user': current } = await prepareOurs(send, bench, database)
      const done = (answer: { status: number; body: string }) => expectStatus(answer, 200)
      return {
        'a hash alone': () => ({ next: () => probe('/hash'), done }),
        'a round trip alone': () => ({ next: () => probe('/ready'), done }),
        'by token alone': (lane) => {
          const loop = current(lane)
          return { next: () => ({ ...loop.next(), path: '/by-token' }), done }
        },
      }
    },
  }
}

function expectStatus({ status, body }: { status: number; body: string }, wanted: number): void {
  if (status !== wanted) throw new Error(`${status}: ${body}`)
}

export function oursOnWorkerd(database: string): Candidate {
  const bundle = bundleWorker('wrangler.toml', 'ours')
  return {
    ...{ name: 'ours, workerd', database },
    command: (bench, port) => ({
      ...workerd({ bundle, port, variables: oursVariables(bench.httpUrl(database), port) }),
      probe: probe('/health'),
    }),
    prepare: (send, bench) => prepareOurs(send, bench, database),
  }
}

export function betterAuthOnNode(database: string, cookieCache: 'on' | 'off'): Candidate {
  const isCached = cookieCache === 'on'
  return {
    ...{ name: `better-auth, Node${isCached ? ', cookie cache' : ''}`, database },
    ...(isCached && { operations: ['by token alone'] as const }),
    command: (bench, port) => ({
      ...{
        file: process.execPath,
        args: ['bench/peers/better-auth/node.ts'],
        port,
        probe: probe('/api/auth/ok'),
      },
      env: betterAuthVariables(bench.wireUrl(database), { port, cookieCache }),
    }),
    async prepare(send, bench, port) {
      const operations = await prepareBetterAuth(send, bench, { database, port })
      return isCached ? { 'by token alone': operations['current user'] } : operations
    },
  }
}

export function betterAuthOnWorkerd(database: string): Candidate {
  const bundle = bundleWorker('bench/peers/better-auth/wrangler.toml', 'better-auth')
  return {
    ...{ name: 'better-auth, workerd', database },
    command: (bench, port) => ({
      ...workerd({
        ...{ bundle, port },
        variables: betterAuthVariables(bench.httpUrl(database), { port, cookieCache: 'off' }),
      }),
      probe: probe('/api/auth/ok'),
    }),
    prepare: (send, bench, port) => prepareBetterAuth(send, bench, { database, port }),
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

export function fastApi(database: string): Candidate {
  const server = ['-m', 'uvicorn', 'main:app', '--workers', '2', '--log-level', 'warning']
  return {
    ...{ name: 'FastAPI, 2 workers', database },
    command: (bench, port) => ({
      ...{ file: PYTHON, port, probe: probe('/docs') },
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

/** What `wrangler deploy` would upload, as a file. */
function bundleWorker(config: string, name: string): string {
  const folder = join(work, name)
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
  execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder, '-c', config], {
    cwd: root,
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
      WRANGLER_SEND_METRICS: 'false',
    },
    stdio: 'ignore',
  })
  return join(folder, 'worker.js')
}

type Worker = { bundle: string; port: number; variables: Record<string, string> }

/** The runtime of Workers itself, without the servers that development puts in front of it. */
function workerd({ bundle, port, variables }: Worker) {
  const bindings = Object.entries(variables).map(
    ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`,
  )
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "assets", disk = ${JSON.stringify(join(root, 'assets'))}),
    (name = "outside", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-10-23",
  bindings = [(name = "ASSETS", service = "assets"), ${bindings.join(', ')}],
  globalOutbound = "outside",
);
`
  const file = bundle.replace('worker.js', `config-${port}.capnp`)
  mkdirSync(work, { recursive: true })
  writeFileSync(file, config, { mode: 0o600 })
  // The platform's own binary: the launcher of the package would be a process more.
  const binary = execFileSync(process.execPath, ['-p', "require('workerd').default"], { cwd: root })
    .toString()
    .trim()
  return { file: binary, args: ['serve', file], env: {}, port }
}
