import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Config, ConfigError, parseConfig } from '../src/config/parse-config.ts'
import './copy-docs-assets.ts'
import {
  embeddedFolder,
  endpointUrl,
  hasSecret,
  type LocalDatabase,
  openEmbedded,
  openServer,
  SetUpError,
} from './database.ts'
import { readVariables, toDotenv, type Variables } from './dev-vars.ts'
import { findErrorCode, reasonOf } from './error-code.ts'
import { applyMigrations, readSchema } from './migrate.ts'
import { createNeonEndpoint, serveNeonEndpoint } from './neon-endpoint.ts'
import { createReadableLog } from './readable-log.ts'
import { setStatementTimeout } from './statement-timeout.ts'

const NEON_PORT = 4444
const root = fileURLToPath(new URL('..', import.meta.url))

const log = createReadableLog(
  (line) => console.log(line),
  () => new Date(),
)

type Settings = { worker: boolean; host: string; port: number; variables: Variables; created: boolean }

/** Ends everything that was started; run in reverse order. */
const cleanups: (() => unknown)[] = []

async function main(): Promise<void> {
  const settings = readSettings()
  // Checked before anything starts. Only the address of the endpoint is not known yet.
  const config = parseConfig({
    ...settings.variables,
    DATABASE_URL: 'postgresql://local:local@localhost/local',
  })
  await assertPortIsFree(settings)
  const database = await openDatabase(settings)
  cleanups.push(() => database.close())
  await prepare(database, settings).catch((error: unknown) => {
    throw new SetUpError(`The migrations can't be applied to the ${database.location} (${reasonOf(error)})`)
  })
  const endpoint = await serveEndpoint(database)
  cleanups.push(() => endpoint.close())
  database.announce(endpoint.port)
  const variables = {
    ...settings.variables,
    DATABASE_URL: endpointUrl({ port: endpoint.port, secret: database.secret }, databaseName(settings)),
    // DATABASE_URL is our own endpoint now, whatever endpoint the file names.
    DATABASE_ENDPOINT: '',
  }
  const child = settings.worker ? startWorkerd({ ...settings, variables }) : startNode(variables)
  cleanups.push(() => stop(child))
  child.once('exit', (code) => shutDown(code ?? 1))
  await untilHealthy(settings)
  introduce(settings, config, `${database.location}, over http://localhost:${endpoint.port}/sql`)
}

function readSettings(): Settings {
  const worker = parseArgs({ options: { worker: { type: 'boolean', default: false } } }).values.worker
  const { variables, created } = readVariables(process.env)
  const port = Number(variables['PORT'] ?? 8000)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new SetUpError(`PORT is not a port: ${variables['PORT']}`)
  // An IPv6 address has brackets only in URLs.
  const host = (variables['HOST'] || '127.0.0.1').replace(/^\[(.*)\]$/, '$1')
  return { worker, host, port, created, variables: { PUBLIC_URL: `http://localhost:${port}`, ...variables } }
}

async function assertPortIsFree({ host, port }: Settings): Promise<void> {
  const probe = createServer().listen(port, host)
  try {
    await once(probe, 'listening')
  } catch (error) {
    throw new SetUpError(
      `Port ${port} can't be used (${reasonOf(error)}). Choose another one: PORT=8001 npm run dev`,
    )
  }
  probe.close()
  await once(probe, 'close')
}

function openDatabase({ variables, port }: Settings): Promise<LocalDatabase> {
  const url = variables['DATABASE_URL']
  return url ? openServer(url) : openEmbedded(embeddedFolder(process.env, port))
}

/**
 * Does what `npm run db:migrate` does. The role's timeout applies to new connections only, so it is set on
 * the open one as well.
 */
async function prepare({ pool }: LocalDatabase, { variables }: Settings): Promise<void> {
  await applyMigrations(pool, { schema: readSchema(variables) })
  const timeoutMilliseconds = Number(variables['DATABASE_TIMEOUT_MILLISECONDS'] || 3000)
  const { milliseconds } = await setStatementTimeout(pool, { timeoutMilliseconds })
  await pool.query(`set statement_timeout = ${milliseconds}`)
}

function databaseName({ variables }: Settings): string {
  return variables['DATABASE_URL'] ? new URL(variables['DATABASE_URL']).pathname.slice(1) : 'postgres'
}

/** On Neon's conventional port if it is free, else on any, so that a second instance can start too. */
async function serveEndpoint({ pool, secret }: LocalDatabase): ReturnType<typeof serveNeonEndpoint> {
  const app = createNeonEndpoint({
    poolFor: (connectionString) => (hasSecret(secret, connectionString) ? pool : undefined),
    onFailure: (error) => console.error(`Database: ${reasonOf(error)}`),
  })
  try {
    return await serveNeonEndpoint(app, { port: NEON_PORT })
  } catch (error) {
    if (findErrorCode(error) !== 'EADDRINUSE') throw error
    return await serveNeonEndpoint(app, { port: 0 })
  }
}

function startNode(variables: Variables): ChildProcess {
  const env = { ...process.env, ...variables }
  const child = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'src/node.ts'], {
    cwd: root,
    env,
    stdio: ['inherit', 'pipe', 'inherit'],
  })
  createInterface({ input: child.stdout }).on('line', log.print)
  return child
}

function startWorkerd({ variables, host, port }: Settings): ChildProcess {
  // In a file, since every process of the machine can read arguments.
  const envFile = `${root}.local/worker-${port}.env`
  const { HOST: _host, PORT: _port, ...bindings } = variables
  mkdirSync(`${root}.local`, { recursive: true, mode: 0o700 })
  writeFileSync(envFile, toDotenv(bindings), { mode: 0o600 })
  cleanups.push(() => rmSync(envFile, { force: true }))
  const wrangler = `${root}node_modules/wrangler/bin/wrangler.js`
  const options = ['--ip', host, '--port', String(port), '--inspector-port', '0', '--env-file', envFile]
  // Keeps wrangler from sending metrics and fetching data.
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
  return spawn(process.execPath, [wrangler, 'dev', ...options, '--show-interactive-dev-session=false'], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

async function untilHealthy({ host, port }: Settings): Promise<void> {
  // 0.0.0.0 and :: stand for all addresses, loopback included.
  const address = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  for (let attempt = 0; attempt < 300; attempt++) {
    const response = await log.probe(`http://${address}:${port}/health`)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new SetUpError('The application did not start within a minute; what it printed above says why')
}

function introduce({ worker, port, created }: Settings, config: Config, database: string): void {
  const api = `http://localhost:${port}`
  const email = 'ada@example.com'
  const password = 'correct horse battery'
  const { username, full_name } = config.accountFields
  const person = JSON.stringify({
    ...(username !== 'absent' && { username: 'ada' }),
    email,
    ...(full_name !== 'absent' && { full_name: 'Ada Lovelace' }),
    password,
  })
  const register =
    config.registration === 'open'
      ? `curl ${api}/users -H 'Content-Type: application/json' -d '${person}'`
      : 'closed by REGISTRATION: administrators create accounts with POST /users'
  console.log(`
  API            ${api}  (${worker ? 'workerd' : 'Node'})
  Documentation  ${api}/docs
  Mails          ${config.mailUrl.kind === 'mailbox' ? `${api}/dev/mail` : config.mailUrl.kind}
  Database       ${database}
${created ? '  Secrets        .dev.vars, made just now\n' : ''}
  Register       ${register}
  Sign in        curl ${api}/login -d email=${email} -d 'password=${password}'

  Ctrl-C ends it.
`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 5000)
  await once(child, 'exit')
  clearTimeout(hard)
}

let ending = false
/** Ends all that was started: the database is on disk then, and no process or lock is left behind. */
async function shutDown(code: number): Promise<void> {
  if (ending) return
  ending = true
  for (const cleanup of cleanups.reverse()) {
    try {
      await cleanup()
    } catch (error) {
      // The other clean-ups still have to run.
      console.error(error)
    }
  }
  process.exit(code)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void shutDown(0))
// A closed terminal or a killed `npm run` does not pass a signal on; we only notice that our parent changed.
const parent = process.ppid
setInterval(() => process.ppid !== parent && void shutDown(0), 1000).unref()
main().catch(async (error: unknown) => {
  const expected = error instanceof SetUpError || error instanceof ConfigError
  console.error(expected ? error.message : error)
  await shutDown(1)
})
