import { toBase64Url } from './encoding.ts'
import { PUBLISHED_SECRETS } from './published-keys.ts'

/** RFC 8725 section 3.5: a key as long as the output of the hash, 32 bytes for SHA-256. */
const MIN_KEY_BYTES = 32
/** What 32 bytes are in each spelling. */
const MIN_BASE64_CHARACTERS = 43
const MIN_HEX_DIGITS = 64

/**
 * Of 43 random characters of base64, under 3 in 100 million texts; 64 hexadecimal digits have 240 at the
 * least.
 */
const MIN_BITS = 180
/** 32 random bytes have about 30 different ones. */
const MIN_DISTINCT_BYTES = 12

/** A random text of 64 characters holds one of them in no lifetime. */
const WORDS = /secret|password|change|placeholder|example|replace|string|your.?key/i

/**
 * The commonest pairs of letters in English, in three classes, each with the binary logarithm of how many
 * times as often one occurs there as among random letters: the first 40 are 45 % of a text, 60 more 27 %, 80
 * more 17 %.
 */
const ENGLISH_PAIRS = new Map(
  (
    [
      [2.9, 'therreheinonesenortesttiatansentdecoioalngarlilendeditnsmeroriischetllracetaveou'],
      [
        1.6,
        'ecmapenetrctdihatoursoilpageopsiasiceanofossacomotamodprwiocporscafiunpttsmilousutncadimhiemnartigolmprcplexlauehoiedoel',
      ],
      [
        0.5,
        'spclulckefmokeapwaabdasuagtyideptcryosowpiqurrshbuaiumvaboblupbenibawhlueeoottfa' +
          'lteqhtiaypevgilyviovscautufrfttwrmlscrppofubfernnnobipcisaddcuyoivirbicsghrdifwo',
      ],
    ] as const
  ).flatMap(([bits, pairs]) => (pairs.match(/../g) ?? []).map((pair) => [pair, bits] as const)),
)
/** All other pairs of letters. */
const OTHER_PAIR_BITS = -2.7

/**
 * The same for what neighbours can be, in the two ways to write words without spaces: in one case, with
 * digits or separators among them, and in CamelCase. Random base64 has a third of each of: two of one case;
 * two of two cases; something with a digit.
 */
const STYLES: readonly (readonly [neighbours: RegExp, bits: number])[][] = [
  [
    [/[a-z]{2}|[A-Z]{2}/, 1.2],
    [/[A-Z][a-z]/, -2.4],
    [/[a-z][A-Z]/, -4],
    [/./, -0.8],
  ],
  [
    [/[A-Za-z][a-z]/, 1.2],
    [/[a-z][A-Z]/, 0.1],
    [/./, -3.7],
  ],
]
/** By Markov's inequality, a random text is 2^24 times as likely to be words in at most one case of 2^24. */
const MAX_WORD_BITS = 24

/** Alphabet, digits and keyboard. */
const ROWS = 'abcdefghijklmnopqrstuvwxyz 0123456789 qwertyuiop asdfghjkl zxcvbnm'

/** Of neighbouring characters in a random text of base64 8 % stand in one row, of hex 18 %. */
const MAX_IN_ROW = 0.5
/** Four characters twice are chance once or twice in a random text. */
const MIN_DISTINCT_QUADRUPLES = 0.75

const ADVICE = 'generate one with: openssl rand -base64 48'
const GUESSABLE = `can be guessed; ${ADVICE}`

/**
 * Why a secret must not be used: it is not 32 random bytes in base64, base64url or hex, or looks made up.
 * Other characters are refused although they could be random: quotes, `$`, spaces and what ASCII lacks don't
 * pass shells, env files and dashboards unchanged, and then the key is another one than everybody else's.
 *
 * It catches what people type or paste (words, sentences, diceware, rows of the keyboard, repetitions,
 * published keys), not a bad generator. Of a million generated secrets it refuses none.
 *
 * @returns the reason, or `null` where nothing speaks against it
 */
export function secretWeakness(secret: string): string | null {
  if (/[^A-Za-z0-9+/_=-]/.test(secret))
    return `has characters that base64, base64url and hex have not; ${ADVICE}`
  const isHex = /^[0-9a-f-]*$/i.test(secret)
  const characters = secret.replace(isHex ? /-/g : /=+$/, '')
  if (characters.length < (isHex ? MIN_HEX_DIGITS : MIN_BASE64_CHARACTERS)) {
    return `is shorter than ${MIN_KEY_BYTES} bytes (${MIN_BASE64_CHARACTERS} characters of base64, ${MIN_HEX_DIGITS} hexadecimal digits); ${ADVICE}`
  }
  const bits = characters.length * Math.log2(new Set(characters).size)
  const isMadeUp = bits < MIN_BITS || /^\d+$/.test(characters) || WORDS.test(secret) || isTyped(characters)
  return isMadeUp || isRepetitive(characters) || isPublished(secret) ? GUESSABLE : null
}

/** The same for a key's bytes; what is text all through was a text to somebody. */
export function keyWeakness(key: Uint8Array): string | null {
  if (key.length < MIN_KEY_BYTES) return `is shorter than ${MIN_KEY_BYTES} bytes; ${ADVICE}`
  // Above 255 arguments some engines run out of stack; what is wrong with a key shows before.
  const binary = String.fromCharCode(...key.slice(0, 1024))
  if (isPublished(toBase64Url(key))) return GUESSABLE
  if (/^[ -~]*$/.test(binary)) return secretWeakness(binary)
  const steps = key.slice(1).map((byte, index) => byte - (key[index] ?? 0))
  const isSeries = share(steps, (step, index) => step === steps[index - 1]) > MAX_IN_ROW
  return isSeries || isRepetitive(binary) || new Set(key).size < MIN_DISTINCT_BYTES ? GUESSABLE : null
}

function isTyped(text: string): boolean {
  const pairs = Array.from(text.slice(1), (character, index) => `${text[index]}${character}`)
  const isInWords = STYLES.some((style) => sumOf(pairs, (pair) => wordBits(pair, style)) > MAX_WORD_BITS)
  return isInWords || share(pairs, isInRow) > MAX_IN_ROW
}

/** How much two neighbours speak for words in a style, and against chance. */
function wordBits(pair: string, style: (typeof STYLES)[number]): number {
  const [, bits = 0] = style.find(([neighbours]) => neighbours.test(pair)) ?? []
  // A change of case to a capital is between words.
  const isWithinWord = bits > 1
  return isWithinWord ? bits + (ENGLISH_PAIRS.get(pair.toLowerCase()) ?? OTHER_PAIR_BITS) : bits
}

function isInRow(pair: string): boolean {
  const [first = '', second = ''] = pair.toLowerCase()
  return first === second || ROWS.includes(first + second) || ROWS.includes(second + first)
}

function isRepetitive(text: string): boolean {
  const quadruples = Array.from(text.slice(3), (_, index) => text.slice(index, index + 4))
  return new Set(quadruples).size < quadruples.length * MIN_DISTINCT_QUADRUPLES
}

/** By its start: what is longer by a suffix is as well known. */
function isPublished(secret: string): boolean {
  return PUBLISHED_SECRETS.some((start) => secret.startsWith(start))
}

function share<T>(items: ArrayLike<T>, is: (item: T, index: number) => boolean): number {
  return Array.from(items).filter(is).length / items.length
}

function sumOf<T>(items: readonly T[], measure: (item: T) => number): number {
  return items.reduce((sum, item) => sum + measure(item), 0)
}
