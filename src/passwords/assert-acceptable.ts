import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import type { ErrorCode } from '../features.ts'
import { fold } from './common-passwords.ts'
import { isBreached } from './is-breached.ts'

/** What choosing a password takes beside what is done with it. */
export type PasswordRulesDeps = Pick<Deps, 'config' | 'commonPasswords' | 'fetch' | 'log'>

export type NewPassword = {
  password: string
  username: string
  email: string
  /** Where the password stands in the request: a JSON Pointer (RFC 6901). */
  pointer: string
}

/** Words that everybody tries here first (ASVS v5.0.0-6.1.2). */
const PRODUCT_NAMES = ['lumascope']

/** Shorter words are part of too many others to say anything. */
const MIN_WORD_CODE_POINTS = 3

/** What is left without the words has to be as long as the shortest password that anybody may have. */
const MIN_REST_CODE_POINTS = 8

/**
 * Decides whether a password may be chosen. What costs nothing is asked first and another server last, so
 * that it learns nothing of a password that is refused anyway. To be called before any hash.
 *
 * There are no rules about kinds of characters (ASVS v5.0.0-6.2.5).
 *
 * @throws AppError `validation_failed` with `too_short`; `weak_password` with `resembles_account`,
 *   `too_common` or `breached`
 * @throws Error where the list of common passwords can't be read: a password that can't be checked is not
 *   accepted
 */
export async function assertAcceptable(
  deps: PasswordRulesDeps,
  { password, username, email, pointer }: NewPassword,
): Promise<void> {
  const { passwordMinLength } = deps.config
  const refuse = (code: string, detail: string, error: ErrorCode = 'weak_password') =>
    fieldError(error, { pointer, code, detail })

  if (codePoints(password.normalize('NFKC')) < passwordMinLength) {
    throw refuse('too_short', `use at least ${passwordMinLength} characters`, 'validation_failed')
  }
  const rest = restWithout([username, email, email.split('@')[0] ?? '', ...PRODUCT_NAMES], password)
  if (rest !== null && codePoints(rest) < MIN_REST_CODE_POINTS) {
    throw refuse('resembles_account', 'is little more than your username, your address or our name')
  }
  const common = await deps.commonPasswords()
  // A name before or after one of the most common passwords is the first thing that guessers add.
  if (common.has(fold(password)) || (rest !== null && common.has(rest))) {
    throw refuse('too_common', 'is one of the most common passwords')
  }
  if (await isBreached(deps, password)) {
    throw refuse('breached', 'is in a public list of passwords from data breaches')
  }
}

/**
 * What is left of a password without the words that anybody can guess of its account, and without what people
 * put between words.
 *
 * @returns `null` where none of the words is in it
 */
function restWithout(guessable: readonly string[], password: string): string | null {
  const words = guessable
    .map(squeeze)
    .filter((word) => codePoints(word) >= MIN_WORD_CODE_POINTS)
    // The longest first: without its local part, an address would no longer be found.
    .sort((a, b) => b.length - a.length)
  const whole = squeeze(password)
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), whole)
  return rest === whole ? null : rest
}

function squeeze(text: string): string {
  return fold(text).replaceAll(/[\s._-]/g, '')
}

function codePoints(text: string): number {
  return [...text].length
}
