import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { as, asNobody, type World } from '../proof/faults/world.ts'

/** Of an account as administrators create it. */
const accountOf = ({ newcomer: { password: _, ...account } }: World) => account

const CLOSED = { REGISTRATION: 'closed' }

export const administrationFlows: Flow[] = [
  {
    route: 'POST /users',
    note: 'by an administrator',
    status: 201,
    variables: CLOSED,
    // The address is taken then, by the account that was made.
    repeated: { status: 409 },
    async given(world) {
      const grace = await world.administrator()
      const { email, username } = world.newcomer
      return {
        request: as(grace, 'POST', '/users', accountOf(world)),
        async holds() {
          const made = 'select username, password_hash from users where email = $1'
          expect(await world.database.sql(made, [email])).toEqual([{ username, password_hash: null }])
        },
      }
    },
  },
  {
    route: 'POST /users',
    note: 'by nobody, while registration is closed',
    status: 403,
    asksNobody: true,
    variables: CLOSED,
    given: async ({ newcomer, database }) => ({
      request: asNobody('POST', '/users', newcomer),
      holds: async () => expect(await database.sql('select from users')).toEqual([]),
    }),
  },
  {
    route: 'POST /users',
    note: 'without the permission, while registration is closed',
    status: 403,
    variables: CLOSED,
    async given(world) {
      const request = as(await world.person(), 'POST', '/users', accountOf(world))
      return {
        request,
        holds: async () => expect(await world.database.sql('select from users')).toHaveLength(1),
      }
    },
  },
  {
    route: 'GET /users',
    status: 200,
    given: async ({ administrator }) => ({ request: as(await administrator(), 'GET', '/users?query=grace') }),
  },
  {
    route: 'GET /users',
    note: 'without the permission',
    status: 403,
    given: async ({ person }) => ({ request: as(await person(), 'GET', '/users') }),
  },
  {
    route: 'GET /users',
    note: 'by metadata',
    status: 200,
    async given({ administrator, register, send, status }) {
      const grace = await administrator()
      const { id } = await register('bob')
      const plan = { app_metadata: { plan: 'pro', note: 'canary' } }
      expect(await status('PATCH', `/users/${id}`, plan, grace)).toBe(200)
      const path = '/users?app_metadata.plan=pro'
      return {
        request: as(grace, 'GET', path),
        async holds() {
          const { items } = (await (await send('GET', path, undefined, grace)).json()) as { items: unknown[] }
          expect(items).toEqual([expect.objectContaining({ id, ...plan })])
        },
      }
    },
  },
  {
    route: 'GET /users/{id}',
    status: 200,
    async given({ administrator, register }) {
      const { id } = await register('bob')
      return { request: as(await administrator(), 'GET', `/users/${id}`) }
    },
  },
  {
    route: 'PATCH /users/{id}',
    note: 'disabling',
    status: 200,
    async given({ administrator, person, me, status }) {
      const bob = await person('bob')
      const change = { status: 'disabled', disabled_reason: 'canary reason' }
      return {
        request: as(await administrator(), 'PATCH', `/users/${bob.id}`, change),
        async holds() {
          expect(await me(bob)).toBe(401)
          expect(await status('POST', '/login', { email: bob.email, password: bob.password })).toBe(401)
        },
      }
    },
  },
  {
    route: 'PATCH /users/{id}',
    note: 'enabling',
    status: 200,
    async given({ administrator, person, me, signIn, database }) {
      const bob = await person('bob')
      const grace = await administrator()
      await database.sql('update users set disabled_at = $1, auth_version = auth_version + 1 where id = $2', [
        '2026-11-21T12:00:00Z',
        bob.id,
      ])
      return {
        request: as(grace, 'PATCH', `/users/${bob.id}`, { status: 'active' }),
        holds: async () => expect([await me(bob), await me(await signIn(bob))]).toEqual([401, 200]),
      }
    },
  },
  {
    route: 'PATCH /users/{id}',
    note: 'metadata',
    status: 200,
    async given({ administrator, person, send, status }) {
      const bob = await person('bob')
      const grace = await administrator()
      const before = { plan: 'canary', seats: { paid: 2, free: 1 } }
      expect(await status('PATCH', `/users/${bob.id}`, { app_metadata: before }, grace)).toBe(200)
      const change = { plan: null, seats: { paid: 3 }, since: 'canary day' }
      return {
        request: as(grace, 'PATCH', `/users/${bob.id}`, { app_metadata: change }),
        async holds() {
          const after = { seats: { paid: 3, free: 1 }, since: 'canary day' }
          // Its owner reads it.
          const shown = await (await send('GET', '/users/me', undefined, bob)).json()
          expect(shown).toMatchObject({ app_metadata: after })
          expect(shown).not.toHaveProperty('app_metadata.plan')
        },
      }
    },
  },
  {
    route: 'DELETE /users/{id}',
    status: 204,
    repeated: { status: 404 },
    async given({ administrator, person, me }) {
      const bob = await person('bob')
      return {
        request: as(await administrator(), 'DELETE', `/users/${bob.id}`),
        holds: async () => expect(await me(bob)).toBe(401),
      }
    },
  },
  {
    route: 'PUT /users/{id}/roles',
    status: 200,
    async given({ administrator, person, status }) {
      const bob = await person('bob')
      return {
        request: as(await administrator(), 'PUT', `/users/${bob.id}/roles`, { roles: ['admin'] }),
        holds: async () => expect(await status('GET', '/roles', undefined, bob)).toBe(200),
      }
    },
  },
  {
    route: 'PUT /users/{id}/roles',
    note: 'of the last administrator',
    status: 409,
    async given({ administrator, status }) {
      const grace = await administrator()
      return {
        request: as(grace, 'PUT', `/users/${grace.id}/roles`, { roles: ['user'] }),
        holds: async () => expect(await status('GET', '/roles', undefined, grace)).toBe(200),
      }
    },
  },
  {
    route: 'GET /users/{id}/sessions',
    status: 200,
    async given({ administrator, person }) {
      const { id } = await person('bob')
      return { request: as(await administrator(), 'GET', `/users/${id}/sessions`) }
    },
  },
  {
    route: 'DELETE /users/{id}/sessions',
    status: 204,
    // The version is raised again, for sign-ins under way.
    repeated: { changes: ['users'] },
    async given({ administrator, person, me }) {
      const bob = await person('bob')
      return {
        request: as(await administrator(), 'DELETE', `/users/${bob.id}/sessions`),
        holds: async () => expect(await me(bob)).toBe(401),
      }
    },
  },
  {
    route: 'POST /users/{id}/password-reset',
    status: 202,
    repeated: { adds: { one_time_tokens: 1, outbox: 1, audit_events: 1 } },
    async given({ administrator, register, useLinks, status }) {
      const bob = await register('bob')
      return {
        request: as(await administrator(), 'POST', `/users/${bob.id}/password-reset`),
        holds: () =>
          useLinks(bob.email, 'password_reset', (token) =>
            status('POST', '/password-resets/confirm', { token, new_password: 'another battery staple' }),
          ),
      }
    },
  },
]
