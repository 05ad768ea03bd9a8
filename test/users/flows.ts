import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { as, asNobody, type World } from '../proof/faults/world.ts'
import { FRONTEND } from '../support/test-app.ts'

/** A registration that signs in. Its answer may be lost: then its owner, who has no tokens, signs in. */
const registering = (note: string, path: string, headers: Record<string, string> = {}): Flow => ({
  route: 'POST /users',
  note,
  status: 201,
  repeated: { status: 409 },
  given({ newcomer, database }) {
    const [, init] = asNobody('POST', path, newcomer)
    return Promise.resolve({
      request: [path, { ...init, headers: { ...init.headers, ...headers } }],
      async holds() {
        const opened = await database.sql(
          `select u.email, e.type from users u join sessions s on s.user_id = u.id
           join audit_events e on e.session_id = s.id and e.user_id = u.id
           where s.created_at = u.last_login_at`,
        )
        expect(opened).toEqual([{ email: newcomer.email, type: 'signed_in' }])
      },
    })
  },
})

const profileOf = async ({ send }: World, bearer: { access_token: string }) =>
  (await (await send('GET', '/users/me', undefined, bearer)).json()) as Record<string, unknown>

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
  registering('that signs in', '/users?sign_in=true'),
  registering('that signs in with cookies', '/users?sign_in=true&use_cookies=true', { Origin: FRONTEND }),
  {
    route: 'POST /users',
    note: 'that would sign in, with a taken address',
    status: 409,
    async given({ register, newcomer, database }) {
      const { email } = await register('ada')
      return {
        request: asNobody('POST', '/users?sign_in=true', { ...newcomer, email }),
        holds: async () => expect(await database.sql('select from sessions')).toEqual([]),
      }
    },
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
    route: 'PATCH /users/me',
    note: 'metadata',
    status: 200,
    async given(world) {
      const ada = await world.person()
      const before = { theme: 'canary dark', old: 1, panes: { left: 1, right: 2 } }
      await world.status('PATCH', '/users/me', { user_metadata: before }, ada)
      const change = { theme: 'canary light', old: null, panes: { left: null, top: [3] } }
      const after = { theme: 'canary light', panes: { right: 2, top: [3] } }
      return {
        request: as(ada, 'PATCH', '/users/me', { user_metadata: change }),
        holds: async () => expect(await profileOf(world, ada)).toMatchObject({ user_metadata: after }),
      }
    },
  },
  {
    route: 'PATCH /users/me',
    note: 'metadata that is too large',
    status: 422,
    async given(world) {
      const ada = await world.person()
      await world.status('PATCH', '/users/me', { user_metadata: { kept: 'canary'.repeat(500) } }, ada)
      const before = await profileOf(world, ada)
      // Each fits, and both together do not.
      const change = { username: 'adele', user_metadata: { added: 'canary'.repeat(500) } }
      return {
        request: as(ada, 'PATCH', '/users/me', change),
        holds: async () => expect(await profileOf(world, ada)).toEqual(before),
      }
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
