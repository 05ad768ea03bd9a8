import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { unstable_readConfig as readWranglerConfig } from 'wrangler'
import { freePort } from '../../test/support/process.ts'
import { type Limiter, nodeCommand, type Runtime, workerdCommand } from '../commands.ts'
import type { Bench } from '../database.ts'
import { type Running, startServer } from '../process.ts'
import type { Target } from './client.ts'

/** A working copy of this repository, with its dependencies installed. */
export type Checkout = { name: string; folder: string; commit: string }

/** @returns null where there is no working copy of Git, or nothing is installed in it */
export function checkoutAt(name: string, folder: string): Checkout | null {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const isChanged = git('status', '--porcelain', '--', 'src', 'drizzle', 'wrangler.toml') !== ''
    const commit = git('rev-parse', '--short', 'HEAD').trim() + (isChanged ? ', changed' : '')
    return existsSync(join(folder, 'node_modules')) ? { name, folder, commit } : null
  } catch {
    return null
  }
}

/** Brings a database to the schema of a checkout, by its own command: two may have different ones. */
export function migrate({ folder }: Checkout, databaseUrl: string): void {
  execFileSync(process.execPath, ['cli/migrate.ts'], {
    ...{ cwd: folder, env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl } },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

type Place = { bench: Bench; database: string; runtime: Runtime }

/** Starts what a checkout deploys, with what production has by default: its work factors and its limits. */
export async function startSubject(
  { folder }: Checkout,
  { bench, database, runtime }: Place,
): Promise<{ server: Running; target: Target }> {
  const port = await freePort()
  const variables = {
    ...SECRETS,
    ...{ PORT: String(port), PUBLIC_URL: `http://localhost:${port}` },
    ...{ DATABASE_URL: bench.httpUrl(database), TRUSTED_PROXY_HOPS: '1' },
  }
  const start = { port, probe: '/health', variables }
  const config = join(folder, 'wrangler.toml')
  const command =
    runtime === 'Node'
      ? nodeCommand(join(folder, 'src/node.ts'), start)
      : workerdCommand(config, start, { checkout: folder, limiters: limitersOf(config) })
  // Cloudflare overwrites its header; workerd by itself passes on what it is sent.
  const addressHeader = runtime === 'Node' ? 'X-Forwarded-For' : 'CF-Connecting-IP'
  return { server: await startServer(command), target: { origin: `http://127.0.0.1:${port}`, addressHeader } }
}

/** Made for the run. */
const SECRETS = { JWT_SECRET: secret(), AUTH_SECRETS: secret() }

function secret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')
}

/** Wrangler's own types name packages that it does not install. */
type RateLimits = { ratelimits: { name: string; simple: { limit: number; period: number } }[] }

function limitersOf(config: string): Limiter[] {
  const { ratelimits }: RateLimits = readWranglerConfig({ config })
  return ratelimits.map(({ name, simple }) => ({ name, ...simple }))
}
