import { join } from 'node:path'
import { unstable_readConfig as readWranglerConfig } from 'wrangler'
import { freePort } from '../../test/support/process.ts'
import type { Checkout } from '../checkouts.ts'
import { type Limiter, nodeCommand, type Runtime, workerdCommand } from '../commands.ts'
import type { Bench } from '../database.ts'
import { type Running, startServer } from '../process.ts'
import type { Target } from './client.ts'

type Place = { bench: Bench; database: string; runtime: Runtime }

/** Starts a checkout as it is deployed, with the default work factor and limits. */
export async function startSubject(
  { folder }: Checkout,
  { bench, database, runtime }: Place,
): Promise<{ server: Running; target: Target }> {
  const port = await freePort()
  const variables = {
    ...SECRETS,
    PORT: String(port),
    PUBLIC_URL: `http://localhost:${port}`,
    DATABASE_URL: bench.httpUrl(database),
    TRUSTED_PROXY_HOPS: '1',
  }
  const start = { port, probe: '/health', variables }
  const config = join(folder, 'wrangler.toml')
  const command =
    runtime === 'Node'
      ? nodeCommand(join(folder, 'src/node.ts'), start)
      : workerdCommand(config, start, { checkout: folder, limiters: limitersOf(config) })
  // Cloudflare overwrites its header; workerd alone passes on the client's.
  const addressHeader = runtime === 'Node' ? 'X-Forwarded-For' : 'CF-Connecting-IP'
  return { server: await startServer(command), target: { origin: `http://127.0.0.1:${port}`, addressHeader } }
}

/** Of this run. */
const SECRETS = { JWT_SECRET: secret(), AUTH_SECRETS: secret() }

function secret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')
}

/** Not wrangler's own type, which imports packages that wrangler does not install. */
type RateLimits = { ratelimits: { name: string; simple: { limit: number; period: number } }[] }

function limitersOf(config: string): Limiter[] {
  const { ratelimits }: RateLimits = readWranglerConfig({ config })
  return ratelimits.map(({ name, simple }) => ({ name, ...simple }))
}
