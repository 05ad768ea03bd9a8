import { Hono } from 'hono'
import { requirePermission } from '../access/require-permission.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validBody } from '../http/validate.ts'
import { deleteRole } from './delete-role.ts'
import { listRoles } from './list-roles.ts'
import { roleBody, roleListPayload, rolePayload, toRoleListPayload, toRolePayload } from './payloads.ts'
import { writeRole } from './write-role.ts'

const tag = 'Administration'

export const roleRoutes = new Hono<AppEnv>()
  .get(
    '/roles',
    requirePermission('roles:read'),
    describeRoute({ summary: 'List roles', tag, responses: { 200: roleListPayload } }),
    async (c) => c.json(toRoleListPayload(await listRoles(c.var.deps)), 200),
  )
  .put(
    '/roles/:name',
    requirePermission('roles:write'),
    describeRoute({
      summary: 'Create or replace a role',
      description:
        'With `If-None-Match: *` one that exists is left as it is. You must hold all that the role permits ' +
        'before and after, and nobody who has it may do more than you. `user`, which everybody has, holds ' +
        'no permission of this service.',
      tag,
      responses: { 200: rolePayload, 201: rolePayload },
      errors: ['role_exists'],
    }),
    validBody(roleBody),
    async (c) => {
      const { actor, deps } = c.var
      const isNew = c.req.header('If-None-Match') === '*'
      const change = { actor, isNew, name: c.req.param('name'), ...c.req.valid('json') }
      const { role, isCreated } = await writeRole(deps, change)
      if (isCreated) c.header('Location', `/roles/${role.name}`)
      return c.json(toRolePayload(role), isCreated ? 201 : 200)
    },
  )
  .delete(
    '/roles/:name',
    requirePermission('roles:write'),
    describeRoute({
      summary: 'Delete a role',
      description: 'One that nobody has. `admin` and `user` are built in and stay.',
      tag,
      responses: { 204: '' },
      errors: ['not_found', 'role_in_use'],
    }),
    async (c) => {
      await deleteRole(c.var.deps, { actor: c.var.actor, name: c.req.param('name') })
      return c.body(null, 204)
    },
  )
