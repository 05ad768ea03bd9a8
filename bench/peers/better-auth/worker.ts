import { neon, neonConfig } from '@neondatabase/serverless'
import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { drizzle } from 'drizzle-orm/neon-http'
import { createApp } from './app.ts'
import { type Environment, optionsOf } from './options.ts'
import * as schema from './schema.ts'

// better-auth in workerd, with its Drizzle adapter over the same Neon endpoint as ours. Made once an isolate.
type Bindings = Environment & { DATABASE_URL: string }

neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`

function start(env: Bindings) {
  const db = drizzle(neon(env.DATABASE_URL), { schema })
  const database = drizzleAdapter(db, { provider: 'pg', schema })
  return createApp(betterAuth({ ...optionsOf(env), database }))
}

let app: ReturnType<typeof start> | undefined

export default {
  fetch(request: Request, env: Bindings): Response | Promise<Response> {
    app ??= start(env)
    return app.fetch(request, env)
  },
}
