import { createApp } from './app.ts'
import { assertUsableKeys, parseConfig } from './config/parse-config.ts'
import type { AppDeps, Assets, ClientAddress, FloodLimiter, IsPlainHttp } from './deps.ts'
import { createMemoryLimiter } from './limits/memory-limiter.ts'
import { makeDeps, stopwatch } from './make-deps.ts'
import { runScheduled } from './schedule/run-scheduled.ts'
import { HASHING } from './workers/hashing.ts'

type Bindings = Record<string, unknown> & {
  ASSETS: { fetch(request: Request): Promise<Response> }
  FLOOD_LIMITER?: FloodLimiter
}

/** Says nothing of the reason, which is for the log. */
const UNCONFIGURED = JSON.stringify({
  type: 'about:blank',
  title: 'The server is not configured',
  status: 500,
  detail: 'The server is not configured. Its log says what is missing.',
  code: 'internal_error',
})

/** Set by Cloudflare on every request, over whatever a client sent. */
const clientAddress: ClientAddress = (request) => request.headers.get('CF-Connecting-IP')
const isPlainHttp: IsPlainHttp = (request) => new URL(request.url).protocol === 'http:'

/** Built at the first request and kept for the life of the isolate: bindings never change within one. */
let deps: AppDeps | undefined
let app: Promise<ReturnType<typeof createApp>> | undefined

function depsOf(env: Bindings): AppDeps {
  const assets: Assets = (request) => env.ASSETS.fetch(request)
  if (!deps) {
    const config = parseConfig(env)
    const floodLimiter = env.FLOOD_LIMITER ?? createMemoryLimiter(config.limits.floodAddress, stopwatch)
    const platform = { assets, clientAddress, floodLimiter, isPlainHttp, hashing: HASHING }
    deps = makeDeps(config, platform)
    // Environments of wrangler.toml don't inherit it, and nothing else would tell.
    if (!env.FLOOD_LIMITER) deps.log({ event: 'flood_limiter_not_bound', counted: 'by isolate' })
  }
  return deps
}

async function start(env: Bindings) {
  const started = depsOf(env)
  await assertUsableKeys(started.config)
  return createApp(started)
}

/**
 * Entry on Cloudflare Workers. With a configuration that is not valid every request is answered 500 and the
 * log says which variables are wrong: nothing is served with half a configuration.
 */
export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    let started: Awaited<typeof app>
    try {
      app ??= start(env)
      started = await app
    } catch (error) {
      app = undefined
      // biome-ignore lint/suspicious/noConsole: there are no deps to log with yet
      console.error(error instanceof Error ? error.message : 'The server could not start')
      return new Response(UNCONFIGURED, {
        status: 500,
        headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
      })
    }
    return await started.fetch(request, env)
  },
  /** The cron of `wrangler.toml`. */
  async scheduled(_controller: unknown, env: Bindings): Promise<void> {
    await runScheduled(depsOf(env))
  },
}
