import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { asNobody } from '../proof/faults/world.ts'

/** Of the mailbox of development, which `createRoutes` does not have. */
export const mailFlows: Flow[] = [
  {
    route: 'GET /dev/mail',
    status: 200,
    async given({ register }) {
      const { email } = await register('ada')
      return { request: asNobody('GET', `/dev/mail?to=${email}`) }
    },
  },
  {
    route: 'DELETE /dev/mail',
    status: 204,
    async given({ register, kindsFor }) {
      const { email } = await register('ada')
      return {
        request: asNobody('DELETE', '/dev/mail'),
        holds: async () => expect(await kindsFor(email)).toEqual([]),
      }
    },
  },
]
