import { fileURLToPath } from 'node:url'
import { type HttpBindings, serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { createApp } from './app.ts'
import { assertUsableKeys, ConfigError, parseConfig, pickVariables } from './config.ts'
import { type Assets, type ClientAddress, type IsPlainHttp, makeDeps, stopwatch } from './deps.ts'
import { forwardedAddress } from './http/client-address.ts'
import { createMemoryLimiter } from './memory-limiter.ts'
import { fetchUnderNode } from './node-fetch.ts'
import { runScheduled } from './scheduled.ts'

/** As often as the cron of `wrangler.toml`. */
const SCHEDULE_MILLISECONDS = 3_600_000

/** Entry under Node: the environment holds the configuration, `assets/` the static files. */
async function start(): Promise<void> {
  const config = parseConfig(pickVariables(process.env))
  await assertUsableKeys(config)
  const files = new Hono().use(serveStatic({ root: fileURLToPath(new URL('../assets', import.meta.url)) }))
  const assets: Assets = async (request) => await files.fetch(request)
  const clientAddress = clientAddressBehind(config.node.trustedProxyHops)
  const floodLimiter = createMemoryLimiter(config.limits.floodAddress, stopwatch)
  const platform = { assets, clientAddress, floodLimiter, isPlainHttp }
  const deps = makeDeps(config, usesProxy() ? platform : { ...platform, databaseFetch: fetchUnderNode })
  const app = createApp(deps)
  setInterval(() => void runScheduled(deps), SCHEDULE_MILLISECONDS).unref()
  const { host: hostname, port } = config.node
  const server = serve({ fetch: app.fetch, hostname, port })
  server.on('error', fail)
  // A second signal ends the process the hard way, by default.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
}

/** Whether Node's `fetch` goes through a proxy that the environment names: ours would not. */
function usesProxy(): boolean {
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ')
  return process.env['NODE_USE_ENV_PROXY'] === '1' || flags.includes('--use-env-proxy')
}

/**
 * The socket's address, or the one that our own proxies wrote down: anything else in headers can be sent by
 * anybody.
 */
function clientAddressBehind(hops: number): ClientAddress {
  return (request, bindings) =>
    forwardedAddress(request.headers.get('X-Forwarded-For'), hops) ??
    (bindings as HttpBindings).incoming.socket.remoteAddress ??
    null
}

/**
 * A proxy that terminates TLS says so in `X-Forwarded-Proto`. Where the header is missing, or any hop was plain,
 * a password may have crossed the network in the clear.
 */
const isPlainHttp: IsPlainHttp = (request) =>
  !/^\s*https(\s*,\s*https)*\s*$/i.test(request.headers.get('X-Forwarded-Proto') ?? '')

function fail(error: unknown): void {
  const known = error instanceof ConfigError || (error instanceof Error && 'code' in error)
  console.error(known ? error.message : error)
  process.exitCode = 1
}

start().catch(fail)
