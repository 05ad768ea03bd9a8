import * as z from 'zod'
import type { AccessToken } from './access-token.ts'

/** More than any new password may have: accounts that come from elsewhere may have longer ones. */
const MAX_PASSWORD_CODE_UNITS = 1024

const wellFormed = (value: string) => value.isWellFormed()

/** An address or a username; nothing but what could be one reaches the database. */
const identifier = z
  .string()
  .trim()
  .min(1, { error: 'must not be empty', abort: true })
  .max(254, { error: 'use at most 254 characters', abort: true })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL can't compare a text with NUL
  .refine((value) => wellFormed(value) && !/[\u0000-\u001f\u007f]/.test(value), {
    error: 'has a character that no account name has',
  })

/** Members that OAuth 2 password forms send along (Swagger UI among them); they have no effect. */
const oauthForm = {
  grant_type: z.string().optional(),
  scope: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
}

/** `POST /login`. A password is taken as it is: what is no password of the account simply does not match. */
export const loginBody = z
  .strictObject({
    email: identifier.optional().meta({ description: 'The email address, or the username.' }),
    username: identifier.optional().meta({ description: 'The same as `email`, as OAuth 2 forms call it.' }),
    password: z
      .string()
      .min(1, { error: 'must not be empty' })
      .max(MAX_PASSWORD_CODE_UNITS, { error: `use at most ${MAX_PASSWORD_CODE_UNITS} characters` })
      .refine(wellFormed, { error: 'has an incomplete character' })
      .meta({ format: 'password' }),
    ...oauthForm,
  })
  .check((context) => {
    const { email, username } = context.value
    if ((email === undefined) !== (username === undefined)) return
    const message = email === undefined ? 'is required' : 'send either email or username'
    context.issues.push({ code: 'custom', path: ['email'], input: context.value, message })
  })
  .meta({ id: 'Login' })

/** The answer to a sign-in (RFC 6749 section 5.1). */
export const tokenPayload = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.int().meta({ description: 'Lifetime of the access token in seconds.' }),
  })
  .meta({ id: 'Token' })

export function toTokenPayload({ token, expiresInSeconds }: AccessToken): z.infer<typeof tokenPayload> {
  return { access_token: token, token_type: 'bearer', expires_in: expiresInSeconds }
}
