import {
  DEVICE_TOKEN_SECONDS,
  type Device,
  makeDeviceToken,
  readDeviceToken,
} from '../crypto/device-token.ts'
import type { RequestContext } from '../http/context.ts'
import { cookieValues, writeCookie } from './cookies.ts'
import { isForeign } from './trusted-origin.ts'

/**
 * Reads a browser's device cookie.
 *
 * @returns `null` if there is none, or it is not ours or has expired; and on a foreign page's request, since
 *   that page could guess passwords through its visitor's browser and empty the bucket of the visitor's
 *   device
 */
export async function findDevice(c: RequestContext): Promise<Device | null> {
  const [value, another] = cookieValues(c, 'device')
  if (value === undefined || another !== undefined || isForeign(c)) return null
  const { deviceKeys, clock } = c.var.deps
  return await readDeviceToken(deviceKeys, value, clock())
}

/**
 * Makes a browser that has just signed in a known device. Call it last, like everything that sets cookies. A
 * foreign page's request gets none: by signing its visitor in as somebody else, it would replace the cookie
 * of the visitor's own account.
 */
export async function setDeviceCookie(c: RequestContext, device: Device): Promise<void> {
  if (isForeign(c)) return
  const { deviceKeys, clock } = c.var.deps
  const value = await makeDeviceToken(deviceKeys, { ...device, now: clock() })
  writeCookie(c, 'device', { value, maxAge: DEVICE_TOKEN_SECONDS })
}

/**
 * Renews the cookie of the browser that changed the password; all other browsers are unknown from then on.
 */
export async function renewDeviceCookie(
  c: RequestContext,
  device: Device | null,
  current: Pick<Device, 'userId' | 'passwordVersion'>,
): Promise<void> {
  if (device?.userId !== current.userId || device.passwordVersion !== current.passwordVersion - 1) return
  await setDeviceCookie(c, { ...device, ...current })
}

/** Removes the cookie of an account that was deleted. */
export function clearDeviceCookie(c: RequestContext, device: Device | null, userId: number): void {
  if (device?.userId === userId) writeCookie(c, 'device', { value: '', maxAge: 0 })
}
