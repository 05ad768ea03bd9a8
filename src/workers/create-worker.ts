import { assertUsableKeys, parseConfig } from '../config/parse-config.ts'
import type { AppDeps, Assets, ClientAddress, FloodLimiter, IsPlainHttp } from '../deps.ts'
import { createMemoryLimiter } from '../limits/memory-limiter.ts'
import { makeDeps, stopwatch } from '../make-deps.ts'
import { type Jobs, runFrequent, runHourly } from '../schedule/run-scheduled.ts'
import { HASHING } from './hashing.ts'

/** The variables, secrets and bindings of `wrangler.toml`. */
export type Bindings = Record<string, unknown> & {
  ASSETS: { fetch(request: Request): Promise<Response> }
  FLOOD_LIMITER?: FloodLimiter
}

type Execution = {
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
  props: unknown
}
type App = { fetch(request: Request, env: Bindings, execution: Execution): Response | Promise<Response> }

/** The cron of `wrangler.toml` for what is due every hour; any other one is for what is due more often. */
export const HOURLY_CRON = '17 * * * *'

/** Set by Cloudflare on every request; it replaces whatever the client sent. */
const clientAddress: ClientAddress = (request) => request.headers.get('CF-Connecting-IP')
const isPlainHttp: IsPlainHttp = (request) => new URL(request.url).protocol === 'http:'

/**
 * The handlers of a Worker. If its configuration is not valid, every request is answered 500 and the log
 * names the variables that are wrong: nothing is served with half a configuration.
 */
export function createWorker({ createApp, jobs }: { createApp: (deps: AppDeps) => App; jobs: Jobs }) {
  // Built at the first request and kept for the life of the isolate: bindings never change within one.
  let deps: AppDeps | undefined
  let app: Promise<App> | undefined

  function depsOf(env: Bindings): AppDeps {
    deps ??= makeWorkerDeps(env)
    return deps
  }
  async function start(env: Bindings): Promise<App> {
    const started = depsOf(env)
    await assertUsableKeys(started.config)
    return createApp(started)
  }
  return {
    async fetch(request: Request, env: Bindings, execution: Execution): Promise<Response> {
      let started: App
      try {
        app ??= start(env)
        started = await app
      } catch (error) {
        app = undefined
        // biome-ignore lint/suspicious/noConsole: there are no deps to log with yet
        console.error(error instanceof Error ? error.message : 'The server could not start')
        return unconfigured()
      }
      return await started.fetch(request, env, execution)
    },
    /** Called by the crons of `wrangler.toml`. */
    async scheduled({ cron }: { cron: string }, env: Bindings): Promise<void> {
      const deps = depsOf(env)
      if (cron === HOURLY_CRON) await runHourly(deps, jobs)
      else await runFrequent(deps, jobs)
    },
  }
}

function makeWorkerDeps(env: Bindings): AppDeps {
  const assets: Assets = (request) => env.ASSETS.fetch(request)
  const config = parseConfig(env)
  const floodLimiter = env.FLOOD_LIMITER ?? createMemoryLimiter(config.limitFloodAddress, stopwatch)
  const binding = (name: string) => env[name]
  const platform = { assets, clientAddress, floodLimiter, isPlainHttp, hashing: HASHING, binding }
  const deps = makeDeps(config, platform)
  // Environments of wrangler.toml don't inherit the binding, and nothing else would show that it is missing.
  if (!env.FLOOD_LIMITER) deps.log({ event: 'flood_limiter_not_bound', counted: 'by isolate' })
  return deps
}

/** Without the reason, which only the log may have. */
function unconfigured(): Response {
  const body = {
    type: 'about:blank',
    title: 'The server is not configured',
    status: 500,
    detail: 'The server is not configured. Its log says what is missing.',
    code: 'internal_error',
  }
  return new Response(JSON.stringify(body), {
    status: 500,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
  })
}
