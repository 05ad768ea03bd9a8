import type { Context } from 'hono'
import type { Device } from '../crypto/device-token.ts'
import type { AppEnv } from '../http/context.ts'
import type { TokenPair } from '../sessions/issue-tokens.ts'
import { toCookieSessionPayload, toRegisteredPayload, toTokenPairPayload } from '../sessions/payloads.ts'
import { setDeviceCookie } from './device-cookie.ts'
import { setSessionCookies } from './session-cookies.ts'

type Mode = {
  useCookies: boolean
  /** The device of the browser, for its cookie; `null`: the cookie stays as it is. */
  device: Device | null
}

/** Answers a sign-in or a refresh. Tokens go into cookies or into the body, never into both. */
export async function answerTokens(c: Context<AppEnv>, pair: TokenPair, mode: Mode) {
  await setTokenHeaders(c, pair, mode)
  const { config } = c.var.deps
  return c.json(mode.useCookies ? toCookieSessionPayload(pair, config) : toTokenPairPayload(pair), 200)
}

/** Answers a registration that signed in: the same, with the new user in either mode. */
export async function answerRegistration(c: Context<AppEnv>, pair: TokenPair, mode: Mode) {
  await setTokenHeaders(c, pair, mode)
  const toPayload = mode.useCookies ? toCookieSessionPayload : toRegisteredPayload
  return c.json(toPayload(pair, c.var.deps.config), 201)
}

async function setTokenHeaders(c: Context<AppEnv>, pair: TokenPair, { useCookies, device }: Mode) {
  // For caches that know HTTP/1.0 only (RFC 6749 section 5.1).
  c.header('Pragma', 'no-cache')
  if (device) await setDeviceCookie(c, device)
  if (useCookies) setSessionCookies(c, pair)
}
