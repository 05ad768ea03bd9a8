import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { unstable_readConfig as readWranglerConfig } from 'wrangler'
import { freePort } from '../../test/support/process.ts'
import { type Limiter, nodeCommand, type Runtime, workerdCommand } from '../commands.ts'
import type { Bench } from '../database.ts'
import { type Running, startServer } from '../process.ts'
import type { Target } from './client.ts'

/** A working copy of this repository, with its dependencies installed. */
export type Checkout = { name: string; folder: string; commit: string }

/** @throws Error where the folder is no working copy of Git */
export function checkoutAt(name: string, folder: string): Checkout {
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim()
  const isChanged = git('status', '--porcelain', '--', 'src', 'drizzle', 'wrangler.toml') !== ''
  return { name, folder, commit: git('rev-parse', '--short', 'HEAD') + (isChanged ? ', changed' : '') }
}

/** Brings a database to the schema of a checkout, by the checkout's own command: two may have different ones. */
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
