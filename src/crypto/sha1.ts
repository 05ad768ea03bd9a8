import { toHex, utf8 } from './encoding.ts'

/**
 * The SHA-1 of a text's UTF-8, as 40 upper-case hex digits. It is how the ranges of breached passwords are
 * named, and fit for nothing else: collisions can be made, and of a password it is guessed in no time.
 *
 * @see https://haveibeenpwned.com/API/v3#PwnedPasswords
 */
export async function sha1Hex(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-1', utf8(text)))).toUpperCase()
}
