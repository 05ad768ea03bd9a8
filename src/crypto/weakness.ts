/** RFC 8725 section 3.5: a key as long as the output of the hash, 32 bytes for SHA-256. */
const MIN_SECRET_BYTES = 32

/** 32 random bytes have about 30 different ones; 64 hexadecimal digits use nearly all sixteen. */
const MIN_DISTINCT_BYTES = 12

/** Words of examples and of passwords. A random text of 64 characters holds one of them in no lifetime. */
const WORDS = /secret|password|change|placeholder|example|replace|string|your.?key|qwerty|012345|abcdef/i

/** The start of keys that were published: in FastAPI's tutorial, and in RFC 7515 appendix A.1. */
const PUBLISHED = ['09d25e094faa6ca2', '\u0003\u0023\u0035\u004b\u002b\u000f\u00a5\u00bc']

/**
 * Why a secret must not be used: too short, of too few different bytes, something repeated, words, or a key
 * that everybody can look up. It catches what people type or paste, not a bad generator.
 *
 * @returns the reason, or `null` where nothing speaks against it
 */
export function weakness(secret: Uint8Array): string | null {
  const advice = 'generate one with: openssl rand -base64 48'
  if (secret.length < MIN_SECRET_BYTES) return `is shorter than ${MIN_SECRET_BYTES} bytes; ${advice}`
  const text = String.fromCharCode(...secret.slice(0, 1024))
  const published = PUBLISHED.some((start) => text.startsWith(start))
  const repeated = /^(.{1,16})\1+$/s.test(text)
  const guessable = published || repeated || WORDS.test(text) || new Set(secret).size < MIN_DISTINCT_BYTES
  return guessable ? `can be guessed; ${advice}` : null
}
