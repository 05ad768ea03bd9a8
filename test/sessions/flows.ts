import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { as, asNobody } from '../proof/faults/world.ts'
import { payloadOf } from '../support/test-app.ts'

const idOf = ({ access_token }: { access_token: string }) => payloadOf(access_token)['sid']

const PREFIXES = ['', '/auth'] as const

const refreshing = (prefix: (typeof PREFIXES)[number]): Flow[] => [
  {
    route: `POST ${prefix}/refresh`,
    status: 200,
    // A lost response: the retry is answered with the token that was lost, and changes nothing.
    async given({ person, me }) {
      const ada = await person()
      const { refresh_token } = ada
      return {
        request: asNobody('POST', `${prefix}/refresh`, { refresh_token }),
        holds: async () => expect(await me(ada)).toBe(200),
      }
    },
  },
  {
    route: `POST ${prefix}/logout`,
    status: 204,
    async given({ person, me, refresh }) {
      const ada = await person()
      return {
        request: asNobody('POST', `${prefix}/logout`, { refresh_token: ada.refresh_token }),
        holds: async () => expect([await me(ada), (await refresh(ada)).status]).toEqual([401, 401]),
      }
    },
  },
]

export const sessionFlows: Flow[] = [
  ...PREFIXES.flatMap(refreshing),
  {
    route: 'POST /refresh',
    note: 'a replayed token',
    status: 401,
    async given({ person, refresh, app, me }) {
      const ada = await person()
      const next = (await (await refresh(ada)).json()) as { refresh_token: string; access_token: string }
      // Presented once, so the first token is no longer that of a lost response.
      await refresh(next)
      app.clock.now = new Date(app.clock.now.getTime() + 60_000)
      const { refresh_token } = ada
      return {
        request: asNobody('POST', '/refresh', { refresh_token }),
        holds: async () => expect([await me(next), (await refresh(next)).status]).toEqual([401, 401]),
      }
    },
  },
  {
    route: 'GET /users/me/sessions',
    status: 200,
    given: async ({ person }) => ({ request: as(await person(), 'GET', '/users/me/sessions') }),
  },
  {
    route: 'DELETE /users/me/sessions',
    status: 204,
    repeated: { status: 401 },
    async given({ person, signIn, me }) {
      const ada = await person()
      const other = await signIn(ada)
      return {
        request: as(ada, 'DELETE', '/users/me/sessions'),
        holds: async () => expect([await me(ada), await me(other)]).toEqual([401, 401]),
      }
    },
  },
  {
    route: 'DELETE /users/me/sessions',
    note: 'all others',
    status: 204,
    // The version is raised again, for sign-ins under way.
    repeated: { changes: ['users', 'sessions'] },
    async given({ person, signIn, me }) {
      const ada = await person()
      const other = await signIn(ada)
      return {
        request: as(ada, 'DELETE', '/users/me/sessions?keep_current=true'),
        holds: async () => expect([await me(ada), await me(other)]).toEqual([200, 401]),
      }
    },
  },
  {
    route: 'DELETE /users/me/sessions/{id}',
    status: 204,
    repeated: { status: 404 },
    async given({ person, signIn, me }) {
      const ada = await person()
      const other = await signIn(ada)
      return {
        request: as(ada, 'DELETE', `/users/me/sessions/${idOf(other)}`),
        holds: async () => expect([await me(ada), await me(other)]).toEqual([200, 401]),
      }
    },
  },
  {
    route: 'POST /refresh',
    note: 'with cookies',
    status: 200,
    async given({ person, withCookies, me }) {
      const ada = await person()
      return {
        request: await withCookies(ada, 'POST', '/refresh'),
        holds: async () => expect(await me(ada)).toBe(200),
      }
    },
  },
  {
    route: 'POST /logout',
    note: 'with cookies',
    status: 204,
    async given({ person, withCookies, app }) {
      const [path, init] = await withCookies(await person(), 'POST', '/logout')
      return {
        request: [path, init],
        holds: async () =>
          expect((await app.request('/users/me', { headers: init.headers ?? {} })).status).toBe(401),
      }
    },
  },
  {
    route: 'POST /logout',
    note: 'with an access token alone',
    status: 204,
    async given({ person, me, refresh }) {
      const ada = await person()
      return {
        request: as(ada, 'POST', '/logout'),
        holds: async () => expect([await me(ada), (await refresh(ada)).status]).toEqual([401, 401]),
      }
    },
  },
  {
    route: 'DELETE /users/me/sessions',
    note: 'with cookies',
    status: 204,
    repeated: { status: 401 },
    async given({ person, withCookies, me }) {
      const ada = await person()
      return {
        request: await withCookies(ada, 'DELETE', '/users/me/sessions'),
        holds: async () => expect(await me(ada)).toBe(401),
      }
    },
  },
]
