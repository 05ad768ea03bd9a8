import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { initializeCluster } from './initialized-cluster.ts'
import { freePort } from './process.ts'
import { importPostgres } from './reachable-postgres.ts'

/**
 * Starts PostgreSQL 18 from the npm registry, empty and without durability, in a process of its own: the
 * package's exit hook ends its process with status 0, which would hide failed tests.
 */
export async function startPostgresServer(): Promise<{
  url(database: string): string
  stop(): Promise<void>
}> {
  const port = await freePort()
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('PostgreSQL did not start'))),
  ])
  return {
    url: (database) => `postgresql://postgres:postgres@127.0.0.1:${port}/${database}`,
    async stop() {
      const exited = once(child, 'exit')
      child.stdin.end()
      await exited
    },
  }
}

/** Serves until stdin ends, which it also does when the parent process dies. */
async function serve(port: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'auth-test-'))
  // As root, the server runs as another user, who must be able to enter.
  chmodSync(folder, 0o755)
  try {
    await serveFrom(folder, port)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function serveFrom(folder: string, port: number): Promise<void> {
  const { default: EmbeddedPostgres } = await importPostgres(folder)
  const databaseDir = join(folder, 'data')
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    // Unicode whatever the locale of this machine is, as everywhere in production.
    initdbFlags: ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    // PostgreSQL refuses to run as root, the user of many CI containers.
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: [
      ...['-c', 'fsync=off', '-c', 'max_connections=300', '-c', 'listen_addresses=127.0.0.1'],
      ...['-c', 'unix_socket_directories=', '-c', 'default_transaction_isolation=read committed'],
    ],
    onLog: () => {},
  })
  await initializeCluster(databaseDir, () => server.initialise())
  await server.start()
  process.stdout.write('ready\n')
  process.stdin.resume()
  await once(process.stdin, 'end')
  await server.stop()
}

if (import.meta.main) {
  await serve(Number(process.argv[2])).catch((error: Error) => {
    // The message alone: the parent reports that PostgreSQL did not start.
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
}
