import type { DerivedKeys } from './derive-keys.ts'
import { uuidFromBytes, uuidToBytes } from './encoding.ts'
import { seal, unseal } from './seal.ts'

/**
 * A browser that signed in to an account before. It gives access to nothing, only a bucket of its own for
 * attempts. A change of the password ends it: somebody who knew the old one is a stranger again.
 */
export type Device = { userId: number; passwordVersion: number; deviceId: string }

const DEVICE_BYTES = 16
const CONTENT_BYTES = DEVICE_BYTES + 12

/** Browsers keep no cookie for longer (RFC 6265bis section 5.5). */
export const DEVICE_TOKEN_SECONDS = 400 * 86_400

/**
 * Makes the token of a device: base64url of the device's id, the user's id, the version of the password, the
 * expiry in Unix seconds, and an HMAC-SHA-256 over these.
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

/** Reads a device token of this server that has not expired; `null` for any other string. */
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
