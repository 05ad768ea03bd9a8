import { createApp } from './app.ts'
import { parseConfig } from './config.ts'
import { type ClientAddress, makeDeps } from './deps.ts'

type Bindings = Record<string, unknown> & { ASSETS: { fetch(request: Request): Promise<Response> } }

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

/** Built at the first request and kept for the life of the isolate: bindings never change within one. */
let app: ReturnType<typeof createApp> | undefined

/**
 * Entry on Cloudflare Workers. With a configuration that is not valid every request is answered 500 and the
 * log says which variables are wrong: nothing is served with half a configuration.
 */
export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    try {
      app ??= createApp(
        makeDeps(parseConfig(env), { assets: (asset) => env.ASSETS.fetch(asset), clientAddress }),
      )
    } catch (error) {
      // biome-ignore lint/suspicious/noConsole: there are no deps to log with yet
      console.error(error instanceof Error ? error.message : 'The server could not start')
      return new Response(UNCONFIGURED, {
        status: 500,
        headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
      })
    }
    return await app.fetch(request)
  },
}
