import type { betterAuth } from 'better-auth'
import { Hono } from 'hono'

/** better-auth on Hono, and a guarded route like the one that `requireToken` guards in ours. */
export function createApp(auth: Pick<ReturnType<typeof betterAuth>, 'handler' | 'api'>) {
  return new Hono()
    .on(['GET', 'POST'], '/api/auth/*', (c) => auth.handler(c.req.raw))
    .get('/by-token', async (c) => {
      const found = await auth.api.getSession({ headers: c.req.raw.headers })
      return found ? c.json({ userId: found.user.id, sessionId: found.session.id }) : c.body(null, 401)
    })
}
