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
 * What a browser's device cookie proves.
 *
 * @returns `null` where there is none, it isn't ours or has expired; and on a request of a foreign page, which
 *   could have its visitor's browser guess and use up what is the visitor's own
 */
export async function findDevice(c: RequestContext): Promise<Device | null> {
  const [value, another] = cookieValues(c, 'device')
  if (value === undefined || another !== undefined || isForeign(c)) return null
  const { deviceKeys, clock } = c.var.deps
  return await readDeviceToken(deviceKeys, value, clock())
}

/**
 * Lets a browser that has just signed in be known as one that did. To be called last, like all cookies. A foreign
 * page gets none: signing its visitor in as somebody else, it would take the cookie of the visitor's own account
 * away.
 */
export async function setDeviceCookie(c: RequestContext, device: Device): Promise<void> {
  if (isForeign(c)) return
  const { deviceKeys, clock } = c.var.deps
  const value = await makeDeviceToken(deviceKeys, { ...device, now: clock() })
  writeCookie(c, 'device', { value, maxAge: DEVICE_TOKEN_SECONDS })
}

/** Keeps the browser known that replaced the password: all others are strangers from then on. */
export async function renewDeviceCookie(
  c: RequestContext,
  device: Device | null,
  current: Pick<Device, 'userId' | 'passwordVersion'>,
): Promise<void> {
  if (device?.userId !== current.userId || device.passwordVersion !== current.passwordVersion - 1) return
  await setDeviceCookie(c, { ...device, ...current })
}

/** Removes the cookie of an account that is gone. */
export function clearDeviceCookie(c: RequestContext, device: Device | null, userId: number): void {
  if (device?.userId === userId) writeCookie(c, 'device', { value: '', maxAge: 0 })
}
