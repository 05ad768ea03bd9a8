import * as z from 'zod/mini'
import type { User } from './queries.ts'

const MAX_EMAIL_CHARACTERS = 254
const MAX_NAME_CODE_POINTS = 100
const MIN_PASSWORD_CODE_POINTS = 8
const MAX_PASSWORD_CODE_POINTS = 128

/** C0, DEL and C1: they belong in no name, break logs, and PostgreSQL can't store NUL in a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/

/** Half of a surrogate pair has no UTF-8 form: it can be neither hashed nor stored as what it is. */
const wellFormed = z.refine<string>((text) => text.isWellFormed(), {
  error: 'has an incomplete character',
  abort: true,
})

const printable = z.refine<string>((text) => !CONTROL_CHARACTER.test(text), {
  error: 'has a control character',
  abort: true,
})

/** Counts code points, as people count characters, where zod's own checks count UTF-16 units. */
const codePoints = (minimum: number, maximum: number, form?: 'NFKC') =>
  z.check<string>(({ value: input, issues }) => {
    const length = [...(form ? input.normalize(form) : input)].length
    const origin = 'string'
    if (length < minimum) {
      issues.push({
        code: 'too_small',
        origin,
        minimum,
        input,
        message: `use at least ${minimum} characters`,
      })
    } else if (length > maximum) {
      issues.push({ code: 'too_big', origin, maximum, input, message: `use at most ${maximum} characters` })
    }
  })

const username = z.string().check(
  z.minLength(3, { error: 'use at least 3 characters', abort: true }),
  z.maxLength(32, { error: 'use at most 32 characters', abort: true }),
  z.regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, {
    error: 'use letters, digits and . _ - only, with a letter or digit first and last',
  }),
  z.meta({ examples: ['ada'] }),
)

// Checked before it is lower-cased: the Kelvin sign lower-cases to an ASCII k, and would be another's address.
const email = z.string().check(
  z.trim(),
  z.maxLength(MAX_EMAIL_CHARACTERS, {
    error: `use at most ${MAX_EMAIL_CHARACTERS} characters`,
    abort: true,
  }),
  z.regex(z.regexes.email, { error: 'is not an email address' }),
  z.toLowerCase(),
  z.meta({ format: 'email', examples: ['ada@example.com'] }),
)

const fullName = z
  .string()
  .check(
    wellFormed,
    printable,
    z.trim(),
    codePoints(1, MAX_NAME_CODE_POINTS),
    z.meta({ minLength: 1, maxLength: MAX_NAME_CODE_POINTS, examples: ['Ada Lovelace'] }),
  )

/** Counted as it is hashed: in code points, after NFKC (NIST SP 800-63B-4 section 3.1.1.2). */
const newPassword = z.string().check(
  wellFormed,
  printable,
  codePoints(MIN_PASSWORD_CODE_POINTS, MAX_PASSWORD_CODE_POINTS, 'NFKC'),
  z.meta({
    format: 'password',
    minLength: MIN_PASSWORD_CODE_POINTS,
    maxLength: MAX_PASSWORD_CODE_POINTS,
    examples: ['correct horse battery staple'],
  }),
)

/** `POST /users` */
export const registerBody = z
  .strictObject({ username, email, full_name: fullName, password: newPassword })
  .check(z.meta({ id: 'Registration' }))

/** `PATCH /users/me` */
export const profileBody = z
  .strictObject({ username: z.optional(username), full_name: z.optional(fullName) })
  .check(
    z.refine((body) => Object.keys(body).length > 0, { error: 'change at least one member' }),
    z.meta({ id: 'ProfileChange' }),
  )

/** A password that is compared and not kept: what is none of the account simply does not match. */
const givenPassword = z
  .string()
  .check(
    wellFormed,
    z.minLength(1, { error: 'must not be empty' }),
    z.maxLength(1024, { error: 'use at most 1024 characters' }),
    z.meta({ format: 'password' }),
  )

/** `POST /users/me/password` */
export const passwordChangeBody = z
  .strictObject({ current_password: givenPassword, new_password: newPassword })
  .check(z.meta({ id: 'PasswordChange' }))

/** `DELETE /users/me` */
export const accountDeletionBody = z
  .strictObject({ password: givenPassword })
  .check(z.meta({ id: 'AccountDeletion' }))

const userMembers = {
  id: z.int(),
  username: z.string(),
  email: z.string(),
  full_name: z.string(),
  roles: z.array(z.string()),
  email_verified: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
}

/** A person, as the API shows one. */
export const userPayload = z.object(userMembers).check(z.meta({ id: 'User' }))

/** `GET /auth/me`: the existing frontend reads one role. */
export const userWithRolePayload = z
  .object({ ...userMembers, role: z.string().check(z.meta({ description: 'The first of the roles.' })) })
  .check(z.meta({ id: 'UserWithRole' }))

/** Writes the members out one by one, so that a new column is never sent by accident. */
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
