import * as z from 'zod/mini'
import { line, nextCursor, pageParameters, printable, wellFormed } from '../http/schemas.ts'
import { roleName } from '../roles/payloads.ts'
import type { AdminUser } from '../sql/admin-users.ts'
import { changesSomething, profileFields, toUserPayload, userPayloadFields } from '../users/payloads.ts'
import type { ListedUsers } from './list-users.ts'

// Administrators and the person get the same list of sessions.
export { sessionListPayload, toSessionListPayload } from '../sessions/payloads.ts'

const status = z.enum(['active', 'disabled'], { error: 'must be active or disabled' })

/** `GET /users` */
export const usersQuery = z.strictObject({
  query: z.optional(
    z.string().check(
      wellFormed,
      printable,
      z.trim(),
      z.minLength(1, { error: 'must not be empty' }),
      z.maxLength(254, { error: 'use at most 254 characters' }),
      z.meta({
        description:
          'What the username, the email address, the name or its last word begins with, whatever the case; ' +
          '`@example.com` for all addresses there.',
      }),
    ),
  ),
  role: z.optional(roleName),
  status: z.optional(status),
  ...pageParameters,
})

/** `PATCH /users/{id}` */
export const userChangeBody = z
  .strictObject({
    ...profileFields,
    status: z.optional(status),
    disabled_reason: z.optional(z.nullable(line(500, 'Sends spam'))),
  })
  .check(changesSomething, z.meta({ id: 'UserChange' }))

/** `PUT /users/{id}/roles` */
export const rolesBody = z
  .strictObject({ roles: z.array(roleName).check(z.maxLength(32, { error: 'give at most 32 roles' })) })
  .check(z.meta({ id: 'RoleAssignment' }))

/** An account, as administrators see it. */
export const adminUserPayload = z
  .object({
    ...userPayloadFields,
    status,
    last_login_at: z.nullable(z.iso.datetime()),
    disabled_reason: z.nullable(z.string()),
  })
  .check(z.meta({ id: 'AdminUser' }))

export function toAdminUserPayload(user: AdminUser): z.infer<typeof adminUserPayload> {
  return {
    ...toUserPayload(user),
    status: user.status,
    last_login_at: user.lastLoginAt?.toISOString() ?? null,
    disabled_reason: user.disabledReason,
  }
}

/** `GET /users` */
export const userListPayload = z
  .object({ items: z.array(adminUserPayload), next_cursor: nextCursor })
  .check(z.meta({ id: 'AdminUserList' }))

export function toUserListPayload({ users, nextCursor }: ListedUsers): z.infer<typeof userListPayload> {
  return { items: users.map(toAdminUserPayload), next_cursor: nextCursor }
}
