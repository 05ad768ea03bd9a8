import * as z from 'zod/mini'
import { PERMISSIONS, type Permission } from '../features.ts'
import { line } from '../http/schemas.ts'
import type { Role } from './queries.ts'
import { ROLE_NAME } from './schema.ts'

const permission = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]], {
  error: 'is not a permission',
})

/** A valid name; only the database knows whether a role has it. */
export const roleName = z.string().check(z.regex(ROLE_NAME, { error: 'is not the name of a role' }))

const description = line(200, 'Answers questions of customers')

/** `PUT /roles/{name}` */
export const roleBody = z
  .strictObject({
    description,
    permissions: z.array(permission).check(z.maxLength(100, { error: 'there are not so many permissions' })),
  })
  .check(z.meta({ id: 'RoleChange' }))

/** A role, with what its holders may do. */
export const rolePayload = z
  .object({ name: z.string(), description: z.string(), permissions: z.array(z.string()) })
  .check(z.meta({ id: 'Role' }))

/** `GET /roles` */
export const roleListPayload = z.object({ items: z.array(rolePayload) }).check(z.meta({ id: 'RoleList' }))

export function toRolePayload({ name, description, permissions }: Role): z.infer<typeof rolePayload> {
  return { name, description, permissions }
}

export function toRoleListPayload(roles: readonly Role[]): z.infer<typeof roleListPayload> {
  return { items: roles.map(toRolePayload) }
}
