import type { DerivedKeys } from './derived-key.ts'
import { uuidFromBytes, uuidToBytes } from './encoding.ts'
import { seal, unseal } from './sealed.ts'

/**
 * A browser that has signed in to an account before. It proves that, and opens nothing. It counts while the
 * password is the one it had then: whoever knew one that was replaced is a stranger.
 */
export type Device = { userId: number; passwordVersion: number; deviceId: string }

const DEVICE_BYTES = 16
const CONTENT_BYTES = DEVICE_BYTES + 12

/** As long as browsers keep a cookie at most (RFC 6265bis section 5.5). */
export const DEVICE_TOKEN_SECONDS = 400 * 86_400

/**
 * Makes the token of a device: base64url of its id, the user's, the password's version and the second until
 * which it counts, and HMAC-SHA-256 over them.
 *
 * @see https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 */
export async function makeDeviceToken(
  keys: DerivedKeys,
  { userId, passwordVersion, deviceId, now }: Device & { now: Date },
): Promise<string> {
  const content = new Uint8Array(CONTENT_BYTES)
  const view = new DataView(content.buffer)
  content.set(uuidToBytes(deviceId))
  view.setUint32(DEVICE_BYTES, userId)
  view.setUint32(DEVICE_BYTES + 4, passwordVersion)
  view.setUint32(DEVICE_BYTES + 8, Math.floor(now.getTime() / 1000) + DEVICE_TOKEN_SECONDS)
  return await seal(keys, content)
}

/** Reads a device token that this server made and that still counts; `null` for anything else. */
export async function readDeviceToken(keys: DerivedKeys, token: string, now: Date): Promise<Device | null> {
  const content = await unseal(keys, token, CONTENT_BYTES)
  if (!content) return null
  const view = new DataView(content.buffer)
  if (view.getUint32(DEVICE_BYTES + 8) * 1000 <= now.getTime()) return null
  return {
    userId: view.getUint32(DEVICE_BYTES),
    passwordVersion: view.getUint32(DEVICE_BYTES + 4),
    deviceId: uuidFromBytes(content.subarray(0, DEVICE_BYTES)),
  }
}
