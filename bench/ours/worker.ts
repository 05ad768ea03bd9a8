import { parseConfig } from '../../src/config/parse-config.ts'
import { makeDeps } from '../../src/make-deps.ts'
import { HASHING } from '../../src/workers/hashing.ts'
import { appWithParts } from './app.ts'

type Bindings = Record<string, unknown> & { ASSETS: { fetch(request: Request): Promise<Response> } }

let app: ReturnType<typeof appWithParts> | undefined

function start(env: Bindings) {
  return appWithParts(
    makeDeps(parseConfig(env), {
      assets: (request) => env.ASSETS.fetch(request),
      clientAddress: () => '127.0.0.1',
      floodLimiter: null,
      isPlainHttp: () => false,
      hashing: HASHING,
    }),
  )
}

export default {
  fetch(request: Request, env: Bindings): Response | Promise<Response> {
    app ??= start(env)
    return app.fetch(request, env)
  },
}
