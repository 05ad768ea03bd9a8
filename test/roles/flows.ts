import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { as, type World } from '../proof/faults/world.ts'

const EDITOR = { description: 'Canary editors', permissions: ['users:read'] }

/** The role `editor`, whom nobody has. */
const createEditor = ({ send }: World, bearer: { access_token: string }, role: object = EDITOR) =>
  send('PUT', '/roles/editor', role, bearer)

const permissionsOfEditor = async ({ database }: World) =>
  (await database.sql("select permission from role_permissions where role_name = 'editor'")).map(
    ({ permission }) => permission,
  )

export const roleFlows: Flow[] = [
  {
    route: 'GET /roles',
    status: 200,
    given: async ({ administrator }) => ({ request: as(await administrator(), 'GET', '/roles') }),
  },
  {
    route: 'PUT /roles/{name}',
    status: 201,
    // It is there, so it is replaced by the same.
    repeated: { status: 200, adds: { audit_events: 1 } },
    async given(world) {
      return {
        request: as(await world.administrator(), 'PUT', '/roles/editor', EDITOR),
        holds: async () => expect(await permissionsOfEditor(world)).toEqual(EDITOR.permissions),
      }
    },
  },
  {
    route: 'PUT /roles/{name}',
    note: 'with other permissions',
    status: 200,
    repeated: { adds: { audit_events: 1 } },
    async given(world) {
      const grace = await world.administrator()
      await createEditor(world, grace, { ...EDITOR, permissions: ['audit:read', 'users:delete'] })
      return {
        request: as(grace, 'PUT', '/roles/editor', EDITOR),
        holds: async () => expect(await permissionsOfEditor(world)).toEqual(EDITOR.permissions),
      }
    },
  },
  {
    route: 'DELETE /roles/{name}',
    status: 204,
    repeated: { status: 404 },
    async given(world) {
      const grace = await world.administrator()
      await createEditor(world, grace)
      return {
        request: as(grace, 'DELETE', '/roles/editor'),
        holds: async () => expect(await permissionsOfEditor(world)).toEqual([]),
      }
    },
  },
]
