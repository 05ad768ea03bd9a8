import {
  DEVICE_TOKEN_SECONDS,
  type Device,
  makeDeviceToken,
  readDeviceToken,
} from '../crypto/device-token.ts'
import type { RequestContext } from './context.ts'
import { cookieValues, writeCookie } from './cookies.ts'
import { isTrustedOrigin } from './trusted-origin.ts'

/**
 * What a browser's device cookie proves. A foreign page that has its visitor's browser guess must not use up
 * what is the visitor's own, so there the cookie counts for nothing.
 *
 * @returns `null` where there is none, or it isn't ours or has expired
 */
export async function findDevice(c: RequestContext): Promise<Device | null> {
  const [value, another] = cookieValues(c, 'device')
  if (value === undefined || another !== undefined) return null
  if (c.req.header('Origin') !== undefined && !isTrustedOrigin(c)) return null
  const { deviceKeys, clock } = c.var.deps
  return await readDeviceToken(deviceKeys, value, clock())
}

/** Lets a browser that has just signed in be known as one that did. To be called last, like all cookies. */
export async function setDeviceCookie(c: RequestContext, device: Device): Promise<void> {
  const { deviceKeys, clock } = c.var.deps
  const value = await makeDeviceToken(deviceKeys, { ...device, now: clock() })
  writeCookie(c, 'device', { value, maxAge: DEVICE_TOKEN_SECONDS })
}

/** Removes it, when the account that it is for is gone. */
export function clearDeviceCookie(c: RequestContext): void {
  if (cookieValues(c, 'device').length > 0) writeCookie(c, 'device', { value: '', maxAge: 0 })
}
