import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { as, asNobody } from '../proof/faults/world.ts'

export const userFlows: Flow[] = [
  {
    route: 'POST /users',
    status: 201,
    // The address is taken then, by the account that was made.
    repeated: { status: 409 },
    given: async ({ newcomer, signIn, me }) => ({
      request: asNobody('POST', '/users', newcomer),
      holds: async () => expect(await me(await signIn(newcomer))).toBe(200),
    }),
  },
  {
    route: 'POST /users',
    note: 'a taken address',
    status: 409,
    async given({ register, newcomer }) {
      const { email } = await register('ada')
      return { request: asNobody('POST', '/users', { ...newcomer, email }) }
    },
  },
  {
    route: 'POST /users',
    note: 'beyond the limit',
    status: 429,
    variables: { LIMIT_REGISTER_ADDRESS: '1/3600' },
    // A process tries once a minute to report it: a flood must not become one of statements.
    postponed: ['audit_events'],
    async given({ register, newcomer }) {
      await register('ada')
      return { request: asNobody('POST', '/users', newcomer) }
    },
  },
  ...(['/users/me', '/auth/me'] as const).map(
    (path): Flow => ({
      route: `GET ${path}`,
      status: 200,
      given: async ({ person }) => ({ request: as(await person(), 'GET', path) }),
    }),
  ),
  {
    route: 'PATCH /users/me',
    status: 200,
    async given({ person, signIn, me }) {
      const ada = await person()
      return {
        request: as(ada, 'PATCH', '/users/me', { username: 'adele', full_name: 'Canary-Adele' }),
        // By the new name.
        holds: async () => expect(await me(await signIn({ ...ada, email: 'adele' }))).toBe(200),
      }
    },
  },
  {
    route: 'PATCH /users/me',
    note: 'beyond the limit',
    status: 429,
    variables: { LIMIT_PROFILE_ACCOUNT: '1/3600' },
    async given({ person, status }) {
      const ada = await person()
      await status('PATCH', '/users/me', { username: 'adele' }, ada)
      return { request: as(ada, 'PATCH', '/users/me', { username: 'adela', full_name: 'Canary-Adela' }) }
    },
  },
  {
    route: 'DELETE /users/me',
    status: 204,
    // The session is gone with the account.
    repeated: { status: 401 },
    async given({ person, status, me }) {
      const ada = await person()
      return {
        request: as(ada, 'DELETE', '/users/me', { password: ada.password }),
        async holds() {
          expect(await me(ada)).toBe(401)
          expect(await status('POST', '/login', { email: ada.email, password: ada.password })).toBe(401)
        },
      }
    },
  },
  {
    route: 'DELETE /users/me',
    note: 'with cookies',
    status: 204,
    repeated: { status: 401 },
    async given({ person, withCookies, me }) {
      const ada = await person()
      return {
        request: await withCookies(ada, 'DELETE', '/users/me', { password: ada.password }),
        holds: async () => expect(await me(ada)).toBe(401),
      }
    },
  },
]
