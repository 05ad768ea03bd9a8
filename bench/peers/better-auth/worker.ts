import { neon, neonConfig } from '@neondatabase/serverless'
import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { drizzle } from 'drizzle-orm/neon-http'
import { Hono } from 'hono'
import { optionsOf } from './options.ts'
import * as schema from './schema.ts'

// better-auth in workerd, with its Drizzle adapter over the same Neon endpoint as ours; built once an isolate.
type Bindings = { DATABASE_URL: string; BASE_URL: string; SECRET: string; COOKIE_CACHE?: string }

neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`

function start(env: Bindings) {
  const db = drizzle(neon(env.DATABASE_URL), { schema })
  const auth = betterAuth({ ...optionsOf(env), database: drizzleAdapter(db, { provider: 'pg', schema }) })
  return new Hono().on(['GET', 'POST'], '/api/auth/*', (c) => auth.handler(c.req.raw))
}

let app: ReturnType<typeof start> | undefined

export default {
  fetch(request: Request, env: Bindings): Response | Promise<Response> {
    app ??= start(env)
    return app.fetch(request, env)
  },
}
