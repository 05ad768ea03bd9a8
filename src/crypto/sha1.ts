import { toHex, utf8 } from './encoding.ts'

/**
 * The SHA-1 of a string in UTF-8, as 40 hexadecimal digits in upper case: the lists of breached passwords use
 * it. Nothing else may: collisions can be computed, and a password is quickly found from its SHA-1.
 *
 * @see https://haveibeenpwned.com/API/v3#PwnedPasswords
 */
export async function sha1Hex(value: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-1', utf8(value)))).toUpperCase()
}
