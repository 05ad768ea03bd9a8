import { requireToken } from '../../src/access/require-token.ts'
import { createApp } from '../../src/app.ts'
import type { AppDeps } from '../../src/deps.ts'

/**
 * Our application with two more routes: `/by-token` is guarded by the token alone, without a query, and
 * `/hash` does nothing but hash, as every sign-in must.
 */
export function appWithParts(deps: AppDeps) {
  const app = createApp(deps)
  app.get('/hash', async (c) => c.text(await deps.passwords.hash('correct horse battery')))
  app.get('/by-token', requireToken(), (c) => c.json(c.var.token))
  return app
}
