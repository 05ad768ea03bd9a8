import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { parseConfig, VARIABLE_NAMES } from '../../src/config/parse-config.ts'
import { makeDeps } from '../../src/make-deps.ts'
import { fetchUnderNode } from '../../src/node/database-fetch.ts'
import { createHashThreads, HASH_THREADS } from '../../src/node/hash-threads.ts'
import { appWithParts } from './app.ts'

const config = parseConfig(Object.fromEntries(VARIABLE_NAMES.map((name) => [name, process.env[name]])))
const files = new Hono().use(serveStatic({ root: 'assets' }))
const app = appWithParts(
  makeDeps(config, {
    assets: async (request) => await files.fetch(request),
    clientAddress: () => '127.0.0.1',
    floodLimiter: null,
    isPlainHttp: () => false,
    hashing: { derive: createHashThreads(), running: HASH_THREADS },
    databaseFetch: fetchUnderNode,
  }),
)
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: config.port })
