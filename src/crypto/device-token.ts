import type { DerivedKeys } from './derived-key.ts'
import { uuidFromBytes, uuidToBytes } from './encoding.ts'
import { seal, unseal } from './sealed.ts'

/** A browser that has signed in to an account before. It proves that, and opens nothing. */
export type Device = { userId: number; deviceId: string }

const DEVICE_BYTES = 16
const CONTENT_BYTES = 4 + DEVICE_BYTES + 4

/** As long as browsers keep a cookie at most (RFC 6265bis section 5.5). */
export const DEVICE_TOKEN_SECONDS = 400 * 86_400

/**
 * Makes the token of a device: base64url of the user's id, the device's and the second until which it counts,
 * and HMAC-SHA-256 over them.
 *
 * @see https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 */
export async function makeDeviceToken(
  keys: DerivedKeys,
  { userId, deviceId, now }: Device & { now: Date },
): Promise<string> {
  const content = new Uint8Array(CONTENT_BYTES)
  const view = new DataView(content.buffer)
  view.setUint32(0, userId)
  content.set(uuidToBytes(deviceId), 4)
  view.setUint32(4 + DEVICE_BYTES, Math.floor(now.getTime() / 1000) + DEVICE_TOKEN_SECONDS)
  return await seal(keys, content)
}

/** Reads a device token that this server made and that still counts; `null` for anything else. */
export async function readDeviceToken(keys: DerivedKeys, token: string, now: Date): Promise<Device | null> {
  const content = await unseal(keys, token, CONTENT_BYTES)
  if (!content) return null
  const view = new DataView(content.buffer)
  if (view.getUint32(4 + DEVICE_BYTES) * 1000 <= now.getTime()) return null
  return { userId: view.getUint32(0), deviceId: uuidFromBytes(content.subarray(4, 4 + DEVICE_BYTES)) }
}
