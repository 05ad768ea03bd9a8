import { isEmailAddress } from '../net/email-address.ts'
import { type Mail, TransportError } from './transport.ts'

/**
 * What ends a line somewhere: CR and LF in SMTP, the separators of Unicode in programs that split there, NUL
 * in C. A subject with a line break would add headers of its author's choice: other recipients, another body.
 */
const BREAKS_LINES = /[\p{Cc}\u2028\u2029]/u

/** `msg-id` of RFC 5322 section 3.6.4 without its brackets and its quoted forms. */
const MESSAGE_ID = /^[\w.+~-]{1,100}@(?:[A-Za-z0-9.-]+|\[[A-Za-z0-9.:]+\])$/

/** `Idempotency-Key` of Resend takes 256 characters. */
const MAX_MESSAGE_ID_CHARACTERS = 250

/**
 * An encoded word (RFC 2047): `=?UTF-8?Q?=0D=0A?=` is sent as it is, and is a line break to programs that
 * decode it.
 */
const ENCODED_WORD = /=\?[^?]*\?[bq]\?/i

const isLine = (text: string) => text.isWellFormed() && !BREAKS_LINES.test(text) && !ENCODED_WORD.test(text)

/**
 * Refuses a mail that could have other headers or other recipients than we give it.
 *
 * @throws TransportError with the name of the field, never its value
 */
export function assertSendable({ messageId, from, replyTo, to, subject }: Mail): void {
  const isValid = {
    messageId: messageId.length <= MAX_MESSAGE_ID_CHARACTERS && MESSAGE_ID.test(messageId),
    from: isEmailAddress(from.address) && isLine(from.name),
    replyTo: replyTo === null || isEmailAddress(replyTo),
    to: isEmailAddress(to),
    subject: isLine(subject),
  }
  const wrong = Object.entries(isValid).find(([, valid]) => !valid)
  if (wrong) throw new TransportError(`The mail was not sent: its ${wrong[0]} is not valid`)
}
