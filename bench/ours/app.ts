import { requireToken } from '../../src/access/require-token.ts'
import { createApp } from '../../src/app.ts'
import type { AppDeps } from '../../src/deps.ts'

/**
 * Our application with two routes more: one that asks nobody, as an application's own may be guarded, and one that
 * does nothing but hash, which a sign-in can't do without.
 */
export function appWithParts(deps: AppDeps) {
  const app = createApp(deps)
  app.get('/hash', async (c) => c.text(await deps.passwords.hash('correct horse battery')))
  app.get('/by-token', requireToken(), (c) => c.json(c.var.token))
  return app
}
