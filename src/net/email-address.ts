/** A path has 256 octets at most, of which two are `<` and `>` (RFC 5321 section 4.5.3.1.3). */
export const MAX_EMAIL_CHARACTERS = 254

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
export const EMAIL_ADDRESS = (() => {
  const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
  const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
  return new RegExp(`^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+(?![0-9]+$)${label}$`)
})()

/** Whether a string is one email address as accounts have it, without a name or white space around it. */
export function isEmailAddress(text: string): boolean {
  return text.length <= MAX_EMAIL_CHARACTERS && EMAIL_ADDRESS.test(text)
}
