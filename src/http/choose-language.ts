/** As much of the header as is read, and as many of its ranges: nobody has more languages. */
const MAX_CHARACTERS = 16 * 1024
const MAX_RANGES = 32

/**
 * Longer than any tag with a weight (RFC 5646 section 4.4.1: 35 characters suffice). Looking up shortens a
 * tag subtag by subtag: one of 16 KiB took 200 ms.
 */
const MAX_RANGE_CHARACTERS = 64

/** `language-range` of RFC 4647 section 2.1 with a weight (RFC 9110 section 12.4.2). */
const RANGE = /^([a-z]{1,8}(?:-[a-z0-9]{1,8})*|\*)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i

type Range = { tag: string; weight: number }

/**
 * The language of messages to a client, by its header `Accept-Language`: lookup of RFC 4647 section 3.4, so
 * `de-AT` finds `de`. If nothing is acceptable it is the first one, since a message in some language is
 * better than none.
 *
 * @param languages what there is; the first one is the default
 * @returns one of `languages`
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
 */
export function chooseLanguage(acceptLanguage: string | undefined, languages: readonly string[]): string {
  const ranges = readRanges(acceptLanguage ?? '')
  const refused = ranges.filter(({ weight }) => weight === 0).map(({ tag }) => tag)
  const acceptable = languages.filter((language) => !refused.some((tag) => covers(tag, language)))
  // The sort is stable: of equal weights the first one wins.
  for (const { tag } of ranges.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight)) {
    const found = tag === '*' ? acceptable[0] : lookUp(tag, acceptable)
    if (found !== undefined) return found
  }
  return acceptable[0] ?? languages[0] ?? 'en'
}

function readRanges(header: string): Range[] {
  const parts = header.slice(0, MAX_CHARACTERS).split(',', MAX_RANGES)
  return parts.flatMap((part) => {
    const range = part.trim()
    const [, tag, weight = '1'] = (range.length <= MAX_RANGE_CHARACTERS && RANGE.exec(range)) || []
    return tag ? [{ tag: tag.toLowerCase(), weight: Number(weight) }] : []
  })
}

/** Whether a range stands for a language or a more general one does (RFC 4647 section 3.3.1). */
function covers(range: string, language: string): boolean {
  return `${language.toLowerCase()}-`.startsWith(`${range}-`)
}

/** Shortens the range until something matches. A single letter only introduces what follows it. */
function lookUp(range: string, languages: readonly string[]): string | undefined {
  const subtags = range.split('-')
  while (subtags.length > 0) {
    const tag = subtags.join('-')
    const found = languages.find((language) => language.toLowerCase() === tag)
    if (found !== undefined) return found
    subtags.pop()
    if (subtags.at(-1)?.length === 1) subtags.pop()
  }
  return undefined
}
