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

const resetRequest = (note: string, email: string, others: Partial<Flow> = {}): Flow => ({
  route: 'POST /password-resets',
  note,
  status: 202,
  async given({ register }) {
    await register('ada')
    return { request: asNobody('POST', '/password-resets', { email }) }
  },
  ...others,
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
  resetRequest('', 'ada@example.com', {
    repeated: { adds: { one_time_tokens: 1, outbox: 1, audit_events: 1 } },
  }),
  // That somebody asked is on record for every address.
  resetRequest('of an address without an account', 'bob@example.com', {
    repeated: { adds: { audit_events: 1 } },
  }),
  resetRequest('beyond the limit', 'ada@example.com', {
    status: 429,
    variables: { LIMIT_MAIL_ACCOUNT: '1/3600' },
    async given({ register, status }) {
      const { email } = await register('ada')
      expect(await status('POST', '/password-resets', { email })).toBe(202)
      return { request: asNobody('POST', '/password-resets', { email }) }
    },
  }),
  {
    route: 'POST /password-resets/confirm',
    status: 204,
    // The link was used; its owner signs in with the new password.
    repeated: { status: 400 },
    async given({ person, status, tokenFor, me, signIn: open, kindsFor }) {
      const ada = await person()
      expect(await status('POST', '/password-resets', { email: ada.email })).toBe(202)
      const token = await tokenFor(ada.email, 'password_reset')
      return {
        request: asNobody('POST', '/password-resets/confirm', { token, new_password: NEW_PASSWORD }),
        async holds() {
          expect(await me(ada)).toBe(401)
          const credentials = { email: ada.email, password: ada.password }
          expect(await status('POST', '/login', credentials)).toBe(401)
          expect(await me(await open({ ...ada, password: NEW_PASSWORD }))).toBe(200)
          // Its owner is told once.
          const kinds = await kindsFor(ada.email)
          expect(kinds.filter((kind) => kind === 'password_changed')).toHaveLength(1)
        },
      }
    },
  },
  {
    route: 'POST /password-resets/confirm',
    note: 'a link that was used',
    status: 400,
    async given({ person, status, tokenFor, me, signIn: open }) {
      const ada = await person()
      expect(await status('POST', '/password-resets', { email: ada.email })).toBe(202)
      const token = await tokenFor(ada.email, 'password_reset')
      const path = '/password-resets/confirm'
      expect(await status('POST', path, { token, new_password: NEW_PASSWORD })).toBe(204)
      const pair = await open({ ...ada, password: NEW_PASSWORD })
      return {
        request: asNobody('POST', path, { token, new_password: 'canary password of a thief' }),
        holds: async () => expect(await me(pair)).toBe(200),
      }
    },
  },
  {
    route: 'POST /password-resets/confirm',
    note: 'a forged token',
    status: 400,
    asksNobody: true,
    given: () =>
      Promise.resolve({
        request: asNobody('POST', '/password-resets/confirm', {
          token: 'canary'.repeat(20),
          new_password: NEW_PASSWORD,
        }),
      }),
  },
]
