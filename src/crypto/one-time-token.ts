import type { DerivedKeys } from './derive-keys.ts'
import { utf8, uuidFromBytes, uuidToBytes } from './encoding.ts'
import { seal, unsealWithin } from './seal.ts'

/** The purposes of tokens and the byte that stands for each. A byte is never given to another purpose. */
const PURPOSES = {
  password_reset: 1,
  invitation: 2,
  email_verification: 3,
  email_change: 4,
  email_undo: 5,
  /** Handed over by an operator, so it does not prove the address. */
  operator_reset: 6,
} as const

export type Purpose = keyof typeof PURPOSES

/** The content of a one-time token. */
export type OneTimeTokenContent = {
  purpose: Purpose
  /** The row of `one_time_tokens`. */
  id: string
  expiresAt: Date
  /**
   * The account's address and username in tokens that choose a password, to check it against them without a
   * query; `''` for none. Whoever has the token can read them, so others have none: a token is mailed to an
   * address that may be mistyped.
   */
  email: string
  username: string
}

const ID_BYTES = 16
const HEAD_BYTES = 1 + ID_BYTES + 4
/** An address has 254 characters of ASCII at most, and a username 32. */
const MAX_NAME_BYTES = 254 + 1 + 32
const SEPARATOR = '\n'

/**
 * Makes the token of a row: base64url of the purpose, the row's id, the expiry in Unix seconds, the account's
 * names, and an HMAC-SHA-256 over these. It is a function of its content, so it need not be stored, and a
 * leak of the database opens no account.
 */
export async function makeOneTimeToken(
  keys: DerivedKeys,
  { purpose, id, expiresAt, email, username }: OneTimeTokenContent,
): Promise<string> {
  const names = utf8(`${email}${SEPARATOR}${username}`)
  const content = new Uint8Array(HEAD_BYTES + names.length)
  content[0] = PURPOSES[purpose]
  content.set(uuidToBytes(id), 1)
  new DataView(content.buffer).setUint32(1 + ID_BYTES, Math.floor(expiresAt.getTime() / 1000))
  content.set(names, HEAD_BYTES)
  return await seal(keys, content)
}

/**
 * Reads a token that this server made; `null` for any other string. Does not check whether it has expired or
 * was used.
 */
export async function readOneTimeToken(
  keys: DerivedKeys,
  token: string,
): Promise<OneTimeTokenContent | null> {
  const content = await unsealWithin(keys, token, { from: HEAD_BYTES + 1, to: HEAD_BYTES + MAX_NAME_BYTES })
  if (!content) return null
  const purpose = (Object.keys(PURPOSES) as Purpose[]).find((name) => PURPOSES[name] === content[0])
  if (!purpose) return null
  const [email = '', username = ''] = new TextDecoder().decode(content.subarray(HEAD_BYTES)).split(SEPARATOR)
  const expirySeconds = new DataView(content.buffer).getUint32(1 + ID_BYTES)
  return {
    purpose,
    id: uuidFromBytes(content.subarray(1, 1 + ID_BYTES)),
    expiresAt: new Date(expirySeconds * 1000),
    email,
    username,
  }
}
