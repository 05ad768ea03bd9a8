import type { Flow } from '../proof/faults/flow.ts'
import { asNobody } from '../proof/faults/world.ts'

/** Routes that anybody reads, by an example of their path. */
const READ: [route: Flow['route'], path: string][] = [
  ['GET /', '/'],
  ['GET /health', '/health'],
  ['GET /ready', '/ready'],
  ['GET /.well-known/jwks.json', '/.well-known/jwks.json'],
  ['GET /problems/{code}', '/problems/forbidden'],
  ['GET /openapi.json', '/openapi.json'],
  ['GET /docs', '/docs'],
  ['GET /docs/{file}', '/docs/start.js'],
]

export const serviceFlows: Flow[] = READ.map(([route, path]) => ({
  route,
  status: 200,
  asksNobody: path !== '/ready',
  given: async () => ({ request: asNobody('GET', path) }),
}))
