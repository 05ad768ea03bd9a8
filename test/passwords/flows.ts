import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { as, asNobody } from '../proof/faults/world.ts'
import { FRONTEND } from '../support/test-app.ts'

const NEW_PASSWORD = 'another battery staple'

const signIn = (path: '/login' | '/auth/login'): Flow => ({
  route: `POST ${path}`,
  status: 200,
  // Nobody has the tokens of the first session. It ends with its idle time, and its owner sees it in the list.
  repeated: { adds: { sessions: 1, audit_events: 1 } },
  async given({ register }) {
    const { email, password } = await register('ada')
    return { request: asNobody('POST', path, { email, password }) }
  },
})

export const passwordFlows: Flow[] = [
  signIn('/login'),
  signIn('/auth/login'),
  {
    ...signIn('/login'),
    note: 'with cookies',
    async given({ register }) {
      const { email, password } = await register('ada')
      const [path, init] = asNobody('POST', '/login?use_cookies=true', { email, password })
      return { request: [path, { ...init, headers: { ...init.headers, Origin: FRONTEND } }] }
    },
  },
  {
    route: 'POST /login',
    note: 'a wrong password',
    status: 401,
    // Each is counted and recorded.
    repeated: { adds: { audit_events: 1 }, changes: ['users'] },
    async given({ register }) {
      const { email } = await register('ada')
      return { request: asNobody('POST', '/login', { email, password: NEW_PASSWORD }) }
    },
  },
  {
    route: 'POST /login',
    note: 'beyond the limit',
    status: 429,
    variables: { LIMIT_SIGN_IN_ACCOUNT: '1/300' },
    async given({ register, status }) {
      const { email, password } = await register('ada')
      await status('POST', '/login', { email, password: NEW_PASSWORD })
      return { request: asNobody('POST', '/login', { email, password }) }
    },
  },
  {
    route: 'POST /users/me/password',
    status: 200,
    // The session that asked has ended; its owner signs in with the new password.
    repeated: { status: 401 },
    async given({ person, me, signIn: open }) {
      const ada = await person()
      const other = await open(ada)
      const change = { current_password: ada.password, new_password: NEW_PASSWORD }
      return {
        request: as(ada, 'POST', '/users/me/password', change),
        async holds() {
          expect([await me(ada), await me(other)]).toEqual([401, 401])
          expect(await me(await open({ ...ada, password: NEW_PASSWORD }))).toBe(200)
        },
      }
    },
  },
  {
    route: 'POST /users/me/password',
    note: 'a wrong password',
    status: 403,
    repeated: { adds: { audit_events: 1 } },
    async given({ person, me, signIn: open }) {
      const ada = await person()
      const change = { current_password: 'a wrong guess at it', new_password: NEW_PASSWORD }
      return {
        request: as(ada, 'POST', '/users/me/password', change),
        async holds() {
          expect(await me(ada)).toBe(200)
          expect(await me(await open(ada))).toBe(200)
        },
      }
    },
  },
  {
    route: 'POST /users/me/password',
    note: 'with cookies',
    status: 204,
    repeated: { status: 401 },
    async given({ person, withCookies, me }) {
      const ada = await person()
      const change = { current_password: ada.password, new_password: NEW_PASSWORD }
      return {
        request: await withCookies(ada, 'POST', '/users/me/password', change),
        holds: async () => expect(await me(ada)).toBe(401),
      }
    },
  },
]
