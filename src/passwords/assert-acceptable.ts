import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import type { ErrorCode } from '../features.ts'
import { fold } from './fold.ts'
import { isBreached } from './is-breached.ts'

/** The deps of choosing a password, without those of storing it. */
export type PasswordRulesDeps = Pick<Deps, 'config' | 'commonPasswords' | 'fetch' | 'log'>

export type NewPassword = {
  password: string
  username: string | null
  email: string
  /** The JSON Pointer (RFC 6901) of the password in the request. */
  pointer: string
}

/** Shorter words occur in many passwords by chance. */
const MIN_WORD_CODE_POINTS = 3

/** The minimum length of what remains without guessable words: that of any password. */
const MIN_REST_CODE_POINTS = 8

/**
 * Decides whether a new password is acceptable. Call it before any hash. The cheapest checks are first, and
 * the one that asks another server is last, so that the server learns nothing about passwords that are
 * refused anyway.
 *
 * No kinds of characters are required (ASVS v5.0.0-6.2.5).
 *
 * @throws AppError `validation_failed` with `too_short`; `weak_password` with `resembles_account`,
 *   `too_common` or `breached`
 * @throws Error if the list of common passwords can't be read: an unchecked password is not accepted
 */
export async function assertAcceptable(
  deps: PasswordRulesDeps,
  { password, email, pointer, ...account }: NewPassword,
): Promise<void> {
  const { passwordMinLength, productName, accountFields } = deps.config
  // What the deployment does not ask for is told to nobody, by an error neither.
  const username = accountFields.username === 'absent' ? null : account.username
  const refusalError = (code: string, detail: string, error: ErrorCode = 'weak_password') =>
    fieldError(error, { pointer, code, detail })

  if (codePoints(password.normalize('NFKC')) < passwordMinLength) {
    throw refusalError('too_short', `use at least ${passwordMinLength} characters`, 'validation_failed')
  }
  const ofAccount = [username ?? '', email, email.split('@')[0] ?? '']
  // The name of the product is what its attackers try first (ASVS v5.0.0-6.1.2).
  const rest = removeWords([...ofAccount, productName, ...productName.split(/\s+/)], password)
  if (rest !== null && codePoints(rest) < MIN_REST_CODE_POINTS) {
    const names = username === null ? 'your address or our name' : 'your username, your address or our name'
    throw refusalError('resembles_account', `is little more than ${names}`)
  }
  const common = await deps.commonPasswords()
  // Attackers first try a common password with a name before or after it.
  if (common.has(fold(password)) || (rest !== null && common.has(rest))) {
    throw refusalError('too_common', 'is one of the most common passwords')
  }
  if (await isBreached(deps, password)) {
    throw refusalError('breached', 'is in a public list of passwords from data breaches')
  }
}

/**
 * Removes from a password the words that anybody can guess about its account, and separators.
 *
 * @returns what remains; `null` if the password contains none of the words
 */
function removeWords(guessable: readonly string[], password: string): string | null {
  const words = guessable
    .map(squeeze)
    .filter((word) => codePoints(word) >= MIN_WORD_CODE_POINTS)
    // The longest first: if its local part was removed first, an address would no longer be found.
    .sort((a, b) => b.length - a.length)
  const whole = squeeze(password)
  const rest = words.reduce((left, word) => left.replaceAll(word, ''), whole)
  return rest === whole ? null : rest
}

function squeeze(value: string): string {
  return fold(value).replaceAll(/[\s._-]/g, '')
}

function codePoints(value: string): number {
  return [...value].length
}
