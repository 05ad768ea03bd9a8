import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { createApp } from '../../src/app.ts'
import { parseConfig, VARIABLE_NAMES } from '../../src/config.ts'
import { createPasswordHasher } from '../../src/crypto/password.ts'
import { makeDeps } from '../../src/deps.ts'
import { requireToken } from '../../src/http/require-token.ts'
import { fetchUnderNode } from '../../src/node-fetch.ts'

// Our application under Node, with two routes more: one that asks nobody, as an application's own may be guarded, and
// one that does nothing but hash.
const config = parseConfig(Object.fromEntries(VARIABLE_NAMES.map((name) => [name, process.env[name]])))
const passwords = createPasswordHasher(config.passwordWork, (length) =>
  crypto.getRandomValues(new Uint8Array(length)),
)
const files = new Hono().use(serveStatic({ root: 'assets' }))
const app = createApp(
  makeDeps(config, {
    assets: async (request) => await files.fetch(request),
    clientAddress: () => '127.0.0.1',
    databaseFetch: fetchUnderNode,
    floodLimiter: null,
    isPlainHttp: () => false,
  }),
)
// What a sign-in can't do without, by itself.
app.get('/hash', async (c) => c.text(await passwords.hash('correct horse battery')))
app.get('/by-token', requireToken(), (c) => c.json(c.var.token))
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: config.node.port })
