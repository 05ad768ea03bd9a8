import * as z from 'zod/mini'
import { line } from '../http/schemas.ts'
import { givenPassword, newPassword } from '../passwords/payloads.ts'
import type { User } from '../sql/users.ts'

/** A path has 256 octets at most, of which two are `<` and `>` (RFC 5321 section 4.5.3.1.3). */
const MAX_EMAIL_CHARACTERS = 254
const MAX_NAME_CODE_POINTS = 100

const username = z.string().check(
  z.minLength(3, { error: 'use at least 3 characters', abort: true }),
  z.maxLength(32, { error: 'use at most 32 characters', abort: true }),
  z.regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, {
    error: 'use letters, digits and . _ - only, with a letter or digit first and last',
  }),
  z.meta({ examples: ['ada'] }),
)

/**
 * `Mailbox` of RFC 5321 section 4.1.2 with a `Dot-string` of 64 octets at most before the @, and behind it
 * two or more labels of 63 (RFC 1035 section 2.3.4), the last of which is no number (RFC 3696 section 2).
 * Each character can be in one place only, so matching takes linear time.
 *
 * We refuse three forms that the grammar allows. A `Quoted-string`: hosts that expect to receive mail should
 * not use any (same section), it spells one mailbox in several ways, and other programs split addresses at
 * its spaces and commas. An address literal (`[192.0.2.1]`): it belongs to a machine, not a person, and no
 * provider delivers to it. A domain without a dot: it exists only inside one network (section 2.3.5, RFC
 * 7085).
 *
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2
 */
const EMAIL = (() => {
  const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
  const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
  return new RegExp(`^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+(?![0-9]+$)${label}$`)
})()

// Checked before it is lower-cased: the Kelvin sign lower-cases to an ASCII k, and would become somebody
// else's address.
const email = z.string().check(
  z.trim(),
  z.maxLength(MAX_EMAIL_CHARACTERS, {
    error: `use at most ${MAX_EMAIL_CHARACTERS} characters`,
    abort: true,
  }),
  z.regex(EMAIL, { error: 'is not an email address' }),
  z.toLowerCase(),
  z.meta({ format: 'email', examples: ['ada@example.com'] }),
)

const fullName = line(MAX_NAME_CODE_POINTS, 'Ada Lovelace')

/** The fields of a profile that can be changed. */
export const profileFields = {
  username: z.optional(username),
  full_name: z.optional(fullName),
}

/** `POST /users` */
export const registerBody = z
  .strictObject({ username, email, full_name: fullName, password: newPassword })
  .check(z.meta({ id: 'Registration' }))

export const changesSomething = z.refine<object>((body) => Object.keys(body).length > 0, {
  error: 'change at least one member',
})

/** `PATCH /users/me` */
export const profileBody = z
  .strictObject(profileFields)
  .check(changesSomething, z.meta({ id: 'ProfileChange' }))

/** `DELETE /users/me` */
export const accountDeletionBody = z
  .strictObject({ password: givenPassword })
  .check(z.meta({ id: 'AccountDeletion' }))

/** The fields of a user in every payload that shows one. */
export const userPayloadFields = {
  id: z.int(),
  username: z.string(),
  email: z.string(),
  full_name: z.string(),
  roles: z.array(z.string()),
  email_verified: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
}

/** A user, as the API shows them. */
export const userPayload = z.object(userPayloadFields).check(z.meta({ id: 'User' }))

/** `GET /auth/me`: existing LumaScope frontends read one role. */
export const userWithRolePayload = z
  .object({
    ...userPayloadFields,
    role: z.string().check(z.meta({ description: 'The first of the roles.' })),
  })
  .check(z.meta({ id: 'UserWithRole' }))

/** Written field by field, so that a new column is never sent by accident. */
export function toUserPayload(user: User): z.infer<typeof userPayload> {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    full_name: user.fullName,
    roles: user.roles,
    email_verified: user.emailVerifiedAt !== null,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  }
}

export function toUserWithRolePayload(user: User): z.infer<typeof userWithRolePayload> {
  return { ...toUserPayload(user), role: user.roles[0] ?? '' }
}
