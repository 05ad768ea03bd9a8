import { fileURLToPath } from 'node:url'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { createApp } from './app.ts'
import { assertUsableKeys, ConfigError, parseConfig, pickVariables } from './config/parse-config.ts'
import type { AppDeps, Assets } from './deps.ts'
import { createMemoryLimiter } from './limits/memory-limiter.ts'
import { makeDeps, stopwatch } from './make-deps.ts'
import { fetchUnderNode } from './node/database-fetch.ts'
import { drainOnSignal } from './node/drain.ts'
import { clientAddressBehind, isPlainHttp } from './node/forwarding.ts'
import { createHashThreads, HASH_THREADS } from './node/hash-threads.ts'
import { schedule } from './node/schedule.ts'
import { createAppServer } from './node/serve.ts'
import { checkDeadline } from './operations/check-deadline.ts'

/** Entry under Node: the environment holds the configuration, `assets/` the static files. */
async function start(): Promise<void> {
  const config = parseConfig(pickVariables(process.env))
  await assertUsableKeys(config)
  const files = new Hono().use(serveStatic({ root: fileURLToPath(new URL('../assets', import.meta.url)) }))
  const assets: Assets = async (request) => await files.fetch(request)
  const { host, port, trustedProxyHops } = config.node
  const clientAddress = clientAddressBehind(trustedProxyHops, { log: (entry) => deps.log(entry) })
  const floodLimiter = createMemoryLimiter(config.limits.floodAddress, stopwatch)
  const hashing = { derive: createHashThreads(), running: HASH_THREADS }
  const platform = { assets, clientAddress, floodLimiter, isPlainHttp, hashing }
  const deps: AppDeps = makeDeps(
    config,
    usesProxy() ? platform : { ...platform, databaseFetch: fetchUnderNode },
  )
  const { fetch } = createApp(deps)
  const app = createAppServer((request, bindings) => fetch(request, bindings), deps)
  app.server.on('error', fail)
  app.server.listen(port, host, () => {
    deps.log({ event: 'listening', host, port, public_url: config.publicUrl, node: process.versions.node })
    drainOnSignal(app, deps)
    schedule(deps)
    void checkDeadline(deps)
  })
}

/** Whether Node's `fetch` goes through a proxy that the environment names: ours would not. */
function usesProxy(): boolean {
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ')
  return process.env['NODE_USE_ENV_PROXY'] === '1' || flags.includes('--use-env-proxy')
}

function fail(error: unknown): void {
  const known = error instanceof ConfigError || (error instanceof Error && 'code' in error)
  console.error(known ? error.message : error)
  process.exitCode = 1
}

start().catch(fail)
