import type { Flow } from '../proof/faults/flow.ts'
import { as } from '../proof/faults/world.ts'

export const auditFlows: Flow[] = [
  {
    route: 'GET /users/me/events',
    status: 200,
    given: async ({ person }) => ({ request: as(await person(), 'GET', '/users/me/events') }),
  },
  {
    route: 'GET /audit-events',
    status: 200,
    given: async ({ administrator }) => ({ request: as(await administrator(), 'GET', '/audit-events') }),
  },
]
