import * as z from 'zod/mini'
import { email, line, nextCursor, pageParameters, printable, wellFormed } from '../http/schemas.ts'
import { roleName } from '../roles/payloads.ts'
import type { AdminUser } from '../sql/admin-users.ts'
import type { Member } from '../sql/metadata.ts'
import type { AccountFields } from '../users/feature.ts'
import {
  type AnyFields,
  type BodySchema,
  changedAccountFields,
  changesSomething,
  type GivenFields,
  metadataPatch,
  newAccountFields,
  type Shown,
  toUserPayload,
  userPayloadFields,
} from '../users/payloads.ts'
import type { Metadata } from '../users/schema.ts'
import type { ListedUsers } from './list-users.ts'

// Administrators and the person get the same list of sessions, and whoever creates an account the same user.
export { sessionListPayload, toSessionListPayload } from '../sessions/payloads.ts'
export { toAccountFields, toUserPayload, userPayload } from '../users/payloads.ts'

const status = z.enum(['active', 'disabled'], { error: 'must be active or disabled' })

const METADATA = 'app_metadata.'

const memberValue = z.optional(
  z.string().check(
    wellFormed,
    printable,
    z.minLength(1, { error: 'must not be empty' }),
    z.maxLength(254, { error: 'use at most 254 characters' }),
    z.meta({
      description:
        'Accounts whose `app_metadata` has the member `plan` with this string, number or boolean. Any ' +
        'top-level member can stand in place of `plan`.',
    }),
  ),
)

/** The fields that a search compares, in words. */
function searched({ username, full_name }: AccountFields): string {
  const names = full_name === 'absent' ? [] : ['the name', 'its last word']
  return [...(username === 'absent' ? [] : ['username']), 'email address', ...names].join(' or ')
}

/** `GET /users` */
export const usersQuery = (fields: AccountFields) =>
  z
    .catchall(
      z.object({
        query: z.optional(
          z.string().check(
            wellFormed,
            printable,
            z.trim(),
            z.minLength(1, { error: 'must not be empty' }),
            z.maxLength(254, { error: 'use at most 254 characters' }),
            z.meta({
              description:
                `What the ${searched(fields)} begins with, whatever the case; ` +
                '`@example.com` for all addresses there.',
            }),
          ),
        ),
        role: z.optional(roleName),
        status: z.optional(status),
        // OpenAPI can't describe `app_metadata.*`: this one stands for all.
        [`${METADATA}plan`]: memberValue,
        ...pageParameters,
      }),
      memberValue,
    )
    .check(
      z.check(({ value: input, issues }) => {
        const further = Object.keys(input).filter((name) => !LISTED.has(name))
        const keys = further.filter((name) => !name.startsWith(METADATA) || !isStorable(name))
        if (keys.length > 0) issues.push({ code: 'unrecognized_keys', keys, input })
        else if (further.length > 1)
          issues.push({ code: 'custom', path: [further[1] ?? ''], input, message: 'ask for one member' })
      }),
    )

const LISTED: ReadonlySet<string> = new Set(['query', 'role', 'status', 'cursor', 'limit'])

/** Names of 100 characters at most, which PostgreSQL can store. */
function isStorable(name: string): boolean {
  return (
    name.length > METADATA.length &&
    name.length <= METADATA.length + 100 &&
    name.isWellFormed() &&
    !name.includes('\0')
  )
}

/** The member of `app_metadata` that a query asks for; `null`: none. */
export function toMember(query: Readonly<Record<string, unknown>>): Member | null {
  const [name, value] = Object.entries(query).find(([each]) => each.startsWith(METADATA)) ?? []
  return name !== undefined && typeof value === 'string' ? { name: name.slice(METADATA.length), value } : null
}

/** `POST /users` while registration is closed: it has no parameters, and can sign nobody in. */
export const noQuery = z.strictObject({})

/** `POST /users`, where only administrators create accounts: they never choose a password. */
export function accountBody<F extends AccountFields>(fields: F) {
  const { username, full_name } = newAccountFields(fields)
  const shape = { ...(username && { username }), email, ...(full_name && { full_name }) }
  const body: unknown = z.strictObject(shape).check(z.meta({ id: 'NewAccount' }))
  return body as BodySchema<AnyFields & { email: string }, GivenFields<F> & { email: string }>
}

const statusFields = {
  status: z.optional(status),
  disabled_reason: z.optional(z.nullable(line(500, 'Sends spam'))),
}

type StatusFields = z.infer<z.ZodMiniObject<typeof statusFields>>

/** `PATCH /users/{id}` */
export function userChangeBody<F extends AccountFields>(fields: F) {
  const shape = { ...changedAccountFields(fields), ...statusFields, app_metadata: metadataPatch }
  const body: unknown = z.strictObject(shape).check(changesSomething, z.meta({ id: 'UserChange' }))
  type More = StatusFields & { app_metadata?: Metadata | undefined }
  return body as BodySchema<AnyFields & More, Partial<GivenFields<F>> & More>
}

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

export function toAdminUserPayload(user: AdminUser, shown: Shown): z.infer<typeof adminUserPayload> {
  return {
    ...toUserPayload(user, shown),
    status: user.status,
    last_login_at: user.lastLoginAt?.toISOString() ?? null,
    disabled_reason: user.disabledReason,
  }
}

/** `GET /users` */
export const userListPayload = z
  .object({ items: z.array(adminUserPayload), next_cursor: nextCursor })
  .check(z.meta({ id: 'AdminUserList' }))

export function toUserListPayload(
  { users, nextCursor }: ListedUsers,
  shown: Shown,
): z.infer<typeof userListPayload> {
  return { items: users.map((user) => toAdminUserPayload(user, shown)), next_cursor: nextCursor }
}
