import * as z from 'zod/mini'
import type { AccessToken } from './access-token.ts'

/** More than any new password may have: accounts that come from elsewhere may have longer ones. */
const MAX_PASSWORD_CODE_UNITS = 1024

const wellFormed = z.refine<string>((text) => text.isWellFormed(), {
  error: 'has an incomplete character',
  abort: true,
})

/** An address or a username; nothing but what could be one reaches the database. */
const identifier = (description: string) =>
  z.optional(
    z.string().check(
      wellFormed,
      z.trim(),
      z.minLength(1, { error: 'must not be empty', abort: true }),
      z.maxLength(254, { error: 'use at most 254 characters', abort: true }),
      // biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL can't compare a text with NUL
      z.refine((text) => !/[\u0000-\u001f\u007f]/.test(text), { error: 'has a control character' }),
      z.meta({ description }),
    ),
  )

/** Members that OAuth 2 password forms send along (Swagger UI among them); they have no effect. */
const oauthForm = {
  grant_type: z.optional(z.string()),
  scope: z.optional(z.string()),
  client_id: z.optional(z.string()),
  client_secret: z.optional(z.string()),
}

/** `POST /login`. A password is taken as it is: what is no password of the account simply does not match. */
export const loginBody = z
  .strictObject({
    email: identifier('The email address, or the username.'),
    username: identifier('The same as `email`, as OAuth 2 forms call it.'),
    password: z
      .string()
      .check(
        wellFormed,
        z.minLength(1, { error: 'must not be empty' }),
        z.maxLength(MAX_PASSWORD_CODE_UNITS, { error: `use at most ${MAX_PASSWORD_CODE_UNITS} characters` }),
        z.meta({ format: 'password' }),
      ),
    ...oauthForm,
  })
  .check(
    z.check(({ value, issues }) => {
      const { email, username } = value
      if ((email === undefined) !== (username === undefined)) return
      const message = email === undefined ? 'is required' : 'send either email or username'
      issues.push({ code: 'custom', path: ['email'], input: value, message })
    }),
    z.meta({ id: 'Login' }),
  )

/** The answer to a sign-in (RFC 6749 section 5.1). */
export const tokenPayload = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.int().check(z.meta({ description: 'Lifetime of the access token in seconds.' })),
  })
  .check(z.meta({ id: 'Token' }))

export function toTokenPayload({ token, expiresInSeconds }: AccessToken): z.infer<typeof tokenPayload> {
  return { access_token: token, token_type: 'bearer', expires_in: expiresInSeconds }
}
