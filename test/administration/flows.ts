import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { as } from '../proof/faults/world.ts'

export const administrationFlows: Flow[] = [
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
]
