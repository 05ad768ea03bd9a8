import * as z from 'zod/mini'
import { MAX_INTEGER } from '../db/integer.ts'
import { EMAIL_ADDRESS, MAX_EMAIL_CHARACTERS } from '../net/email-address.ts'

/** C0, DEL and C1: they belong in no name, they break logs, and PostgreSQL can't store NUL in a string. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/

/** Half a surrogate pair has no UTF-8 form: it could be neither hashed nor stored as it is. */
export const wellFormed = z.refine<string>((text) => text.isWellFormed(), {
  error: 'has an incomplete character',
  abort: true,
})

export const printable = z.refine<string>((text) => !CONTROL_CHARACTER.test(text), {
  error: 'has a control character',
  abort: true,
})

/** Counts code points, as people count characters; zod's own checks count UTF-16 units. */
export const codePoints = (minimum: number, maximum: number, form?: 'NFKC') =>
  z.check<string>(({ value: input, issues }) => {
    const length = [...(form ? input.normalize(form) : input)].length
    const origin = 'string'
    if (length < minimum) {
      const message = minimum === 1 ? 'must not be empty' : `use at least ${minimum} characters`
      issues.push({ code: 'too_small', origin, minimum, input, message })
    } else if (length > maximum) {
      issues.push({ code: 'too_big', origin, maximum, input, message: `use at most ${maximum} characters` })
    }
  })

/**
 * Characters that change how the text around a name is displayed: controls of direction (in a list of
 * accounts, `\u202e` turns the next column around: "Trojan Source", CVE-2021-42574), separators of lines and
 * paragraphs, and code points that never become characters. RFC 8264 sections 9.11 and 9.13 disallow them in
 * free text.
 *
 * Joiners (Persian, emoji) and variation selectors are allowed. So are private use, which is in names typed
 * on older Chinese systems, and unassigned code points, on which runtimes differ by their version of Unicode.
 */
const DISPLACES_TEXT = /[\p{Bidi_Control}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u

/** A character that is visible by itself: not a mark, a Hangul filler or the blank of Braille (U+2800). */
const VISIBLE = /[^\p{M}\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u

const legible = z.refine<string>((text) => !DISPLACES_TEXT.test(text), {
  error: 'has a character that changes the direction or the lines of the text',
  abort: true,
})

const visible = z.refine<string>((text) => text === '' || VISIBLE.test(text), {
  error: 'has nothing that can be seen',
  abort: true,
})

/** A line for people to read, of 1 to `maximum` code points. */
export const line = (maximum: number, example: string) =>
  z
    .string()
    .check(
      wellFormed,
      printable,
      legible,
      z.trim(),
      visible,
      codePoints(1, maximum),
      z.meta({ minLength: 1, maxLength: maximum, examples: [example] }),
    )

/**
 * Removes what our mails put into addresses so that no program makes links of them: people copy addresses
 * from there.
 */
export const unjoined = z.overwrite<string>((text) => text.replaceAll('\u2060', ''))

/** An email address, in lower case. */
// Checked before it is lower-cased: the Kelvin sign lower-cases to an ASCII k, and would become somebody
// else's address.
export const email = z.string().check(
  unjoined,
  z.trim(),
  z.maxLength(MAX_EMAIL_CHARACTERS, {
    error: `use at most ${MAX_EMAIL_CHARACTERS} characters`,
    abort: true,
  }),
  z.regex(EMAIL_ADDRESS, { error: 'is not an email address' }),
  z.toLowerCase(),
  z.meta({ format: 'email', examples: ['ada@example.com'] }),
)

const userId = z.string().check(
  z.regex(/^[1-9]\d{0,9}$/, { error: 'is not the id of a user', abort: true }),
  z.refine((digits) => Number(digits) <= MAX_INTEGER, { error: 'is not the id of a user' }),
)

/** A user's id in a query. */
export const userIdParameter = z.optional(userId)

/** The parameters of every list that has pages. */
export const pageParameters = {
  cursor: z.optional(
    z.string().check(
      // None of ours is longer or has other characters.
      z.regex(/^[\w.-]{1,2000}$/, { error: 'is not a cursor of this list' }),
      z.meta({ description: '`next_cursor` of the page before.' }),
    ),
  ),
  limit: z.prefault(
    z
      .string()
      .check(
        z.regex(/^([1-9]\d?|100)$/, { error: 'must be from 1 to 100' }),
        z.meta({ description: 'How many at most, 1 to 100.' }),
      ),
    '25',
  ),
}

/** The cursor of the next page. A page with fewer items than `limit` need not be the last. */
export const nextCursor = z.nullable(z.string()).check(z.meta({ description: 'Null after the last page.' }))

/** A switch in a query. */
export const flag = z.optional(z.enum(['true', 'false'], { error: 'must be true or false' }))

/**
 * Parameters that OAuth 2 clients add, Swagger UI among them; in a form, those of extensions are ignored. A
 * grant type that is not the route's gets an error of its own, and not that of a wrong password or token.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.3.2 and section 6
 */
export const oauthParameters = (grantType: 'password' | 'refresh_token') => ({
  grant_type: z.optional(z.literal(grantType, { error: `must be ${grantType} here` })),
  scope: z.optional(z.string()),
  client_id: z.optional(z.string()),
  client_secret: z.optional(z.string()),
})
