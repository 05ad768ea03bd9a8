/**
 * Characters that end a line, hide, or turn the direction of the text around them: controls, format
 * characters (bidirectional ones, zero-width ones, tags), separators of lines and paragraphs, half
 * surrogates.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * The signs that join the parts of an address. Programs also take the wide forms of the dot, colon, slash and
 * @.
 */
const JOINTS = /[.:/@\u3002\uFF0E\uFF0F\uFF1A\uFF20\uFF61]/g

/** Not seen, and no line is broken at it; as a part of a host name it is forbidden (RFC 5892 section 2.6). */
const WORD_JOINER = '\u2060'

/** The most of an address (RFC 5321 section 4.5.3.1.3); usernames are shorter. */
const MAX_CODE_POINTS = 254

/** One line of visible characters. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, '')
}

/**
 * A value that a stranger chose, as text in a message. Mail programs turn whatever looks like an address into
 * a link, so anybody who registers somebody else's mailbox under the username `evil.com` would have us send
 * a link of their choice. A word joiner after each joint keeps programs from recognising an address.
 */
export function unlinkable(text: string): string {
  const characters = [...visible(text)]
  const short =
    characters.length > MAX_CODE_POINTS ? [...characters.slice(0, MAX_CODE_POINTS), '…'] : characters
  return short.join('').replace(JOINTS, (joint) => joint + WORD_JOINER)
}
