import { toBase64Url } from './encoding.ts'
import { PUBLISHED_SECRETS } from './published-keys.ts'

/** RFC 8725 section 3.5: a key as long as the output of the hash, 32 bytes for SHA-256. */
const MIN_KEY_BYTES = 32
/** The length of 32 bytes in each encoding. */
const MIN_BASE64_CHARACTERS = 43
const MIN_HEX_DIGITS = 64

/**
 * Length × log2 of the number of different characters. Fewer than 3 in 100 million random strings of 43
 * base64 characters have less; 64 random hexadecimal digits have at least 240.
 */
const MIN_BITS = 180
/** 32 random bytes have about 30 different values. */
const MIN_DISTINCT_BYTES = 12

/** It takes more than a lifetime to generate a random string of 64 characters that contains one of these. */
const WORDS = /secret|password|change|placeholder|example|replace|string|your.?key/i

/**
 * The most common pairs of letters in English, in three classes: the first 40 pairs make up 45 % of a text,
 * the next 60 make up 27 %, the next 80 make up 17 %. The number is the binary logarithm of how much more
 * often a pair of the class occurs in English than in random letters.
 */
const ENGLISH_PAIRS = new Map(
  (
    [
      [2.9, 'therreheinonesenortesttiatansentdecoioalngarlilendeditnsmeroriischetllracetaveou'],
      [
        1.6,
        'ecmapenetrctdihatoursoilpageopsiasiceanofossacomotamodprwiocporscafiunpttsmi' +
          'lousutncadimhiemnartigolmprcplexlauehoiedoel',
      ],
      [
        0.5,
        'spclulckefmokeapwaabdasuagtyideptcryosowpiqurrshbuaiumvaboblupbenibawhlueeoottfa' +
          'lteqhtiaypevgilyviovscautufrfttwrmlscrppofubfernnnobipcisaddcuyoivirbicsghrdifwo',
      ],
    ] as const
  ).flatMap(([bits, pairs]) => (pairs.match(/../g) ?? []).map((pair) => [pair, bits] as const)),
)
/** The same number for all other pairs of letters. */
const OTHER_PAIR_BITS = -2.7

/**
 * The same number for the kinds of two neighbouring characters, in the two ways to write words without
 * spaces: all in one case, with digits or separators between words; and in CamelCase. In random base64, a
 * third of the neighbours are two letters of one case, a third two letters of different case, and a third
 * contain another character.
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
/**
 * By Markov's inequality, at most one random string in 2^24 is 2^24 times as likely to be words as random.
 */
const MAX_WORD_BITS = 24

/** The alphabet, the digits and the rows of the keyboard. */
const ROWS = 'abcdefghijklmnopqrstuvwxyz 0123456789 qwertyuiop asdfghjkl zxcvbnm'

/** In random base64, 8 % of neighbouring characters are neighbours in a row too; in hexadecimal, 18 %. */
const MAX_IN_ROW = 0.5
/** In a random string, four characters that occur twice are chance, once or twice. */
const MIN_DISTINCT_QUADRUPLES = 0.75

const ADVICE = 'generate one with: openssl rand -base64 48'
const GUESSABLE = `can be guessed; ${ADVICE}`
const TOO_SHORT =
  `is shorter than ${MIN_KEY_BYTES} bytes (${MIN_BASE64_CHARACTERS} characters of base64, ` +
  `${MIN_HEX_DIGITS} hexadecimal digits); ${ADVICE}`

/**
 * The reason to refuse a secret: it is not 32 bytes in base64, base64url or hexadecimal, or looks made up.
 * Other characters are refused even if they are random: shells, env files and dashboards change quotes, `$`,
 * spaces and non-ASCII characters, and then two servers have different keys.
 *
 * It recognises what people type or paste (words, sentences, diceware, rows of the keyboard, repetitions,
 * published keys), not a bad generator. Of a million generated secrets it refuses none.
 *
 * @returns the reason, without quoting the secret; `null` if the secret is accepted
 */
export function secretWeakness(secret: string): string | null {
  if (/[^A-Za-z0-9+/_=-]/.test(secret))
    return `has characters that base64, base64url and hex have not; ${ADVICE}`
  const isHex = /^[0-9a-f-]*$/i.test(secret)
  const characters = secret.replace(isHex ? /-/g : /=+$/, '')
  if (characters.length < (isHex ? MIN_HEX_DIGITS : MIN_BASE64_CHARACTERS)) {
    return TOO_SHORT
  }
  const bits = characters.length * Math.log2(new Set(characters).size)
  const isMadeUp = bits < MIN_BITS || /^\d+$/.test(characters) || WORDS.test(secret) || isTyped(characters)
  return isMadeUp || isRepetitive(characters) || isPublished(secret) ? GUESSABLE : null
}

/** The same for the bytes of a key. If they are all printable ASCII, somebody wrote them as a string. */
export function keyWeakness(key: Uint8Array): string | null {
  if (key.length < MIN_KEY_BYTES) return `is shorter than ${MIN_KEY_BYTES} bytes; ${ADVICE}`
  // Bounded, because each byte is an argument: with too many, engines run out of stack.
  const binary = String.fromCharCode(...key.slice(0, 1024))
  if (isPublished(toBase64Url(key))) return GUESSABLE
  if (/^[ -~]*$/.test(binary)) return secretWeakness(binary)
  const steps = key.slice(1).map((byte, index) => byte - (key[index] ?? 0))
  const isSeries = share(steps, (step, index) => step === steps[index - 1]) > MAX_IN_ROW
  return isSeries || isRepetitive(binary) || new Set(key).size < MIN_DISTINCT_BYTES ? GUESSABLE : null
}

function isTyped(characters: string): boolean {
  const pairs = Array.from(characters.slice(1), (second, index) => `${characters[index]}${second}`)
  const isInWords = STYLES.some((style) => sumOf(pairs, (pair) => wordBits(pair, style)) > MAX_WORD_BITS)
  return isInWords || share(pairs, isInRow) > MAX_IN_ROW
}

/** How much likelier two neighbours are in words of a style than at random, as a binary logarithm. */
function wordBits(pair: string, style: (typeof STYLES)[number]): number {
  const [, bits = 0] = style.find(([neighbours]) => neighbours.test(pair)) ?? []
  // Only within a word do letters follow each other as in English.
  const isWithinWord = bits > 1
  return isWithinWord ? bits + (ENGLISH_PAIRS.get(pair.toLowerCase()) ?? OTHER_PAIR_BITS) : bits
}

function isInRow(pair: string): boolean {
  const [first = '', second = ''] = pair.toLowerCase()
  return first === second || ROWS.includes(first + second) || ROWS.includes(second + first)
}

function isRepetitive(characters: string): boolean {
  const quadruples = Array.from(characters.slice(3), (_, index) => characters.slice(index, index + 4))
  return new Set(quadruples).size < quadruples.length * MIN_DISTINCT_QUADRUPLES
}

/** Compares beginnings: a published key with something appended is as well known. */
function isPublished(secret: string): boolean {
  return PUBLISHED_SECRETS.some((start) => secret.startsWith(start))
}

function share<T>(items: ArrayLike<T>, is: (item: T, index: number) => boolean): number {
  return Array.from(items).filter(is).length / items.length
}

function sumOf<T>(items: readonly T[], measure: (item: T) => number): number {
  return items.reduce((sum, item) => sum + measure(item), 0)
}
