import * as z from 'zod'
import type { User } from './queries.ts'

const MAX_EMAIL_CHARACTERS = 254
const PASSWORD_CODE_POINTS = { min: 8, max: 128 }

/** C0, DEL and C1: they belong in no name, break logs, and PostgreSQL can't store NUL in a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/

/** A text of whole code points: half of a surrogate pair has no UTF-8 form. */
const text = () => z.string().refine((value) => value.isWellFormed(), { error: 'has an incomplete character', abort: true })

const printable = () => text().refine((value) => !CONTROL_CHARACTER.test(value), { error: 'has a control character', abort: true })

const codePoints = (value: string) => [...value].length

const username = printable()
  .min(3, { error: 'use at least 3 characters' })
  .max(32, { error: 'use at most 32 characters' })
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, {
    error: 'use letters, digits and . _ - only, with a letter or digit first and last',
  })
  .meta({ examples: ['ada'] })

// Checked before it is lower-cased: the Kelvin sign lower-cases to an ASCII k, and would be another's address.
const email = printable()
  .trim()
  .max(MAX_EMAIL_CHARACTERS, { error: `use at most ${MAX_EMAIL_CHARACTERS} characters`, abort: true })
  .regex(z.regexes.email, { error: 'is not an email address' })
  .toLowerCase()
  .meta({ format: 'email', examples: ['ada@example.com'] })

const fullName = printable()
  .trim()
  .refine((value) => codePoints(value) >= 1, { error: 'must not be empty' })
  .refine((value) => codePoints(value) <= 100, { error: 'use at most 100 characters' })
  .meta({ minLength: 1, maxLength: 100, examples: ['Ada Lovelace'] })

/** Counted as it is hashed: in code points, after NFKC (NIST SP 800-63B-4 section 3.1.1.2). */
const newPassword = printable()
  .check((context) => {
    const length = codePoints(context.value.normalize('NFKC'))
    const { min, max } = PASSWORD_CODE_POINTS
    const input = context.value
    if (length < min) {
      context.issues.push({ code: 'too_small', origin: 'string', minimum: min, input, message: `use at least ${min} characters` })
    } else if (length > max) {
      context.issues.push({ code: 'too_big', origin: 'string', maximum: max, input, message: `use at most ${max} characters` })
    }
  })
  .meta({ format: 'password', minLength: 8, maxLength: 128, examples: ['correct horse battery staple'] })

/** `POST /users` */
export const registerBody = z
  .strictObject({ username, email, full_name: fullName, password: newPassword })
  .meta({ id: 'Registration' })

/** A person, as the API shows one. */
export const userPayload = z
  .object({
    id: z.int(),
    username: z.string(),
    email: z.string(),
    full_name: z.string(),
    roles: z.array(z.string()),
    email_verified: z.boolean(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'User' })

/** `GET /auth/me`: the existing frontend reads one role. */
export const userWithRolePayload = userPayload
  .extend({ role: z.string().meta({ description: 'The first of the roles.' }) })
  .meta({ id: 'UserWithRole' })

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
