import * as z from 'zod/mini'
import { codePoints, email, flag, oauthParameters, printable, unjoined, wellFormed } from '../http/schemas.ts'
import { tokenField } from '../one-time-tokens/payloads.ts'
import type { AccountFields } from '../users/feature.ts'

const MIN_PASSWORD_CODE_POINTS = 8
const MAX_PASSWORD_CODE_POINTS = 128

/** Its length is that of the hashed form: in code points, after NFKC (NIST SP 800-63B-4 section 3.1.1.2). */
export const newPassword = z.string().check(
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

/** More than for new passwords: imported accounts may have longer ones. */
const MAX_GIVEN_CODE_UNITS = 1024

/** A password that is only compared, so a wrong one may have any form. */
export const givenPassword = z
  .string()
  .check(
    wellFormed,
    z.minLength(1, { error: 'must not be empty' }),
    z.maxLength(MAX_GIVEN_CODE_UNITS, { error: `use at most ${MAX_GIVEN_CODE_UNITS} characters` }),
    z.meta({ format: 'password' }),
  )

/** An email address or a username. Where there are no usernames, no account matches one. */
const identifier = (description: string) =>
  z.optional(
    z.string().check(
      wellFormed,
      unjoined,
      z.trim(),
      z.minLength(1, { error: 'must not be empty', abort: true }),
      z.maxLength(254, { error: 'use at most 254 characters', abort: true }),
      // biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL refuses strings with NUL
      z.refine((text) => !/[\u0000-\u001f\u007f]/.test(text), { error: 'has a control character' }),
      z.meta({ description }),
    ),
  )

/** `POST /login` */
export const loginBody = ({ username }: AccountFields) =>
  z
    .strictObject({
      email: identifier(`The email address${username === 'absent' ? '' : ', or the username'}.`),
      username: identifier('The same as `email`, as OAuth 2 forms call it.'),
      password: givenPassword,
      ...oauthParameters('password'),
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

/** `POST /login` */
export const loginQuery = z.strictObject({ use_cookies: flag })

/** `POST /users/me/password` */
export const passwordChangeBody = z
  .strictObject({ current_password: givenPassword, new_password: newPassword })
  .check(z.meta({ id: 'PasswordChange' }))

/** `POST /password-resets` */
export const resetRequestBody = z.strictObject({ email }).check(z.meta({ id: 'PasswordResetRequest' }))

/** `POST /password-resets/confirm` */
export const resetBody = z
  .strictObject({ token: tokenField, new_password: newPassword })
  .check(z.meta({ id: 'PasswordReset' }))
