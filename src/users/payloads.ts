import * as z from 'zod/mini'
import type { Config } from '../config/parse-config.ts'
import { flag, line } from '../http/schemas.ts'
import { EMAIL_ADDRESS, MAX_EMAIL_CHARACTERS } from '../net/check-email-address.ts'
import { givenPassword, newPassword } from '../passwords/payloads.ts'
import type { User } from '../sql/users.ts'
import { checkMetadata } from './check-metadata.ts'
import { ACCOUNT_FIELDS, type AccountField, type AccountFields, type Presence } from './feature.ts'
import { MAX_METADATA_BYTES, type Metadata } from './schema.ts'

const MAX_NAME_CODE_POINTS = 100

const username = z.string().check(
  z.minLength(3, { error: 'use at least 3 characters', abort: true }),
  z.maxLength(32, { error: 'use at most 32 characters', abort: true }),
  z.regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, {
    error: 'use letters, digits and . _ - only, with a letter or digit first and last',
  }),
  z.meta({ examples: ['ada'] }),
)

// Checked before it is lower-cased: the Kelvin sign lower-cases to an ASCII k, and would become somebody
// else's address.
export const email = z.string().check(
  z.trim(),
  z.maxLength(MAX_EMAIL_CHARACTERS, {
    error: `use at most ${MAX_EMAIL_CHARACTERS} characters`,
    abort: true,
  }),
  z.regex(EMAIL_ADDRESS, { error: 'is not an email address' }),
  z.toLowerCase(),
  z.meta({ format: 'email', examples: ['ada@example.com'] }),
)

const fullName = line(MAX_NAME_CODE_POINTS, 'Ada Lovelace')

/** A field of an account as the type of a request has it. */
type Given<P extends Presence, Name extends string> = P extends 'required'
  ? { [Field in Name]: string }
  : P extends 'optional'
    ? { [Field in Name]?: string | null | undefined }
    : { [Field in Name]?: never }

/** The fields of an account in the type of a request, by what the configuration says of them. */
export type GivenFields<F extends AccountFields> = Given<F['username'], 'username'> &
  Given<F['full_name'], 'full_name'>

/** The same fields in any configuration. */
export type AnyFields = { username?: string | null | undefined; full_name?: string | null | undefined }

/** A schema of which only the type of what it takes depends on the configuration. */
export type BodySchema<Handler, Client> = z.ZodMiniType<Handler, Client> & Pick<z.ZodMiniObject, 'shape'>

/**
 * The fields of an account in a request that creates one. A client that has no value for one that is optional
 * may send null.
 */
export function newAccountFields(fields: AccountFields) {
  const schemas = { username, full_name: fullName }
  return shapeOf(fields, (name) =>
    fields[name] === 'required' ? schemas[name] : z.optional(z.nullable(schemas[name])),
  )
}

/** The same in a request that changes them: null removes one that is optional. */
export function changedAccountFields(fields: AccountFields) {
  const schemas = { username, full_name: fullName }
  return shapeOf(fields, (name) =>
    z.optional(fields[name] === 'required' ? schemas[name] : z.nullable(schemas[name])),
  )
}

function shapeOf(fields: AccountFields, toSchema: (name: AccountField) => z.ZodMiniType) {
  const names = ACCOUNT_FIELDS.filter((name) => fields[name] !== 'absent')
  return Object.fromEntries(names.map((name) => [name, toSchema(name)]))
}

/** The fields of an account that a request has, by their names in TypeScript. */
export function toAccountFields({ username, full_name: fullName }: AnyFields) {
  return {
    ...(username !== undefined && { username }),
    ...(fullName !== undefined && { fullName }),
  }
}

type Registration = AnyFields & { email: string; password: string }

/** `POST /users` */
export function registerBody<F extends AccountFields>(fields: F) {
  const { username, full_name } = newAccountFields(fields)
  const shape = {
    ...(username && { username }),
    email,
    ...(full_name && { full_name }),
    password: newPassword,
  }
  return z.strictObject(shape).check(z.meta({ id: 'Registration' })) as unknown as BodySchema<
    Registration,
    GivenFields<F> & { email: string; password: string }
  >
}

/** `POST /users` */
export const registerQuery = z
  .strictObject({
    sign_in: flag,
    // Documentation pages try one parameter at a time, and `use_cookies=true` alone is refused.
    use_cookies: flag.check(
      z.meta({ description: 'With `sign_in`: whether the tokens go into cookies.', examples: ['false'] }),
    ),
  })
  .check(
    z.refine((query) => query.use_cookies !== 'true' || query.sign_in === 'true', {
      path: ['use_cookies'],
      error: 'needs sign_in=true',
    }),
  )

export const changesSomething = z.refine<object>((body) => Object.keys(body).length > 0, {
  error: 'change at least one member',
  // A body with nothing but an unknown member is empty by now, and its error says enough.
  when: ({ issues }) => issues.length === 0,
})

/**
 * A JSON object whose members are the application's own. `z.record` would check their values one by one, and
 * drops one named `__proto__` without an error.
 */
function metadata(description: string) {
  return (z.unknown() as z.ZodMiniType<Metadata, Metadata>).check(
    z.meta({ type: 'object', additionalProperties: true, description }),
  )
}

/** Members of a user's metadata to set, and with null to remove, as a JSON merge patch (RFC 7396). */
export const metadataPatch = z.optional(
  metadata('Merged with what is there (RFC 7396): null removes a member. 4 KiB in all.').check(
    z.check(({ value: input, issues }) => {
      const problem = checkMetadata(input)
      if (!problem) return
      const { isTooLarge, ...where } = problem
      const origin = 'object'
      if (isTooLarge) issues.push({ code: 'too_big', origin, maximum: MAX_METADATA_BYTES, input, ...where })
      else issues.push({ code: 'custom', input, ...where })
    }),
  ),
)

/** `PATCH /users/me` */
export function profileBody<F extends AccountFields>(fields: F) {
  const shape = { ...changedAccountFields(fields), user_metadata: metadataPatch }
  const body: unknown = z.strictObject(shape).check(changesSomething, z.meta({ id: 'ProfileChange' }))
  type More = { user_metadata?: Metadata | undefined }
  return body as BodySchema<AnyFields & More, Partial<GivenFields<F>> & More>
}

/** `DELETE /users/me` */
export const accountDeletionBody = z
  .strictObject({ password: givenPassword })
  .check(z.meta({ id: 'AccountDeletion' }))

/** The fields of a user in every payload that shows one. */
export const userPayloadFields = {
  id: z.int(),
  username: z.nullable(z.string()),
  email: z.string(),
  full_name: z.nullable(z.string()),
  roles: z.array(z.string()),
  email_verified: z.boolean(),
  user_metadata: metadata('Written by the person: nothing that decides what they may do.'),
  app_metadata: metadata('Written by administrators.'),
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

/** What a payload of a user depends on. */
export type Shown = Pick<Config, 'accountFields'>

/**
 * Written field by field, so that a new column is never sent by accident. What the deployment no longer asks
 * for is null, though an account may still have it: it does not exist for clients.
 */
export function toUserPayload(user: User, { accountFields }: Shown): z.infer<typeof userPayload> {
  return {
    id: user.id,
    username: accountFields.username === 'absent' ? null : user.username,
    email: user.email,
    full_name: accountFields.full_name === 'absent' ? null : user.fullName,
    roles: user.roles,
    email_verified: user.emailVerifiedAt !== null,
    user_metadata: user.userMetadata,
    app_metadata: user.appMetadata,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  }
}

export function toUserWithRolePayload(user: User, shown: Shown): z.infer<typeof userWithRolePayload> {
  return { ...toUserPayload(user, shown), role: user.roles[0] ?? '' }
}
