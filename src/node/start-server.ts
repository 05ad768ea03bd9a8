import { fileURLToPath } from 'node:url'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { assertUsableKeys, type Config, parseConfig, pickVariables } from '../config/parse-config.ts'
import type { AppDeps, Assets } from '../deps.ts'
import { createMemoryLimiter } from '../limits/memory-limiter.ts'
import { makeDeps, stopwatch } from '../make-deps.ts'
import { checkDeadline } from '../operations/check-deadline.ts'
import type { Jobs } from '../schedule/run-scheduled.ts'
import { type Background, createBackground } from './background.ts'
import { fetchUnderNode } from './database-fetch.ts'
import { drainOnSignal } from './drain.ts'
import { clientAddressBehind, isPlainHttp } from './forwarding.ts'
import { createHashThreads, HASH_THREADS } from './hash-threads.ts'
import { schedule } from './schedule.ts'
import { createAppServer, type Fetch } from './serve.ts'

type Environment = Readonly<Record<string, string | undefined>>

type App = {
  fetch(...request: [...Parameters<Fetch>, Background['execution']]): ReturnType<Fetch>
}

/**
 * Serves the application until a signal ends the process.
 *
 * @param options.onError called with an error of the server after this has returned, such as a port in use
 * @throws ConfigError
 */
export async function startServer(
  { createApp, jobs }: { createApp: (deps: AppDeps) => App; jobs: Jobs },
  { environment, onError }: { environment: Environment; onError: (error: unknown) => void },
): Promise<void> {
  const config = parseConfig(pickVariables(environment))
  await assertUsableKeys(config)
  const deps = makeNodeDeps(config, environment)
  const { fetch } = createApp(deps)
  const background = createBackground()
  const app = createAppServer((request, bindings) => fetch(request, bindings, background.execution), deps)
  const { host, port, publicUrl } = config
  app.server.on('error', onError)
  app.server.listen(port, host, () => {
    deps.log({ event: 'listening', host, port, public_url: publicUrl, node: process.versions.node })
    drainOnSignal(app, { ...deps, background })
    schedule(deps, jobs)
    // A database that does not answer is for `/ready` to say, and for the schedule.
    checkDeadline(deps).catch(() => {})
  })
}

function makeNodeDeps(config: Config, environment: Environment): AppDeps {
  const files = new Hono().use(serveStatic({ root: fileURLToPath(new URL('../../assets', import.meta.url)) }))
  const assets: Assets = async (request) => await files.fetch(request)
  const platform = {
    assets,
    clientAddress: clientAddressBehind(config.trustedProxyHops, { log: (entry) => deps.log(entry) }),
    floodLimiter: createMemoryLimiter(config.limitFloodAddress, stopwatch),
    isPlainHttp,
    hashing: { derive: createHashThreads(), running: HASH_THREADS },
  }
  const deps: AppDeps = makeDeps(
    config,
    usesProxy(environment) ? platform : { ...platform, databaseFetch: fetchUnderNode },
  )
  return deps
}

/** Whether Node's `fetch` uses a proxy that the environment names. `fetchUnderNode` does not support one. */
function usesProxy(environment: Environment): boolean {
  const flags = [...process.execArgv, environment['NODE_OPTIONS'] ?? ''].join(' ')
  return environment['NODE_USE_ENV_PROXY'] === '1' || flags.includes('--use-env-proxy')
}
