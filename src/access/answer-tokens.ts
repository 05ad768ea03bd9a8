import type { Context } from 'hono'
import type { Device } from '../crypto/device-token.ts'
import type { AppEnv } from '../http/context.ts'
import type { TokenPair } from '../sessions/issue-tokens.ts'
import { toCookieSessionPayload, toTokenPairPayload } from '../sessions/payloads.ts'
import { setDeviceCookie } from './device-cookie.ts'
import { setSessionCookies } from './session-cookies.ts'

/**
 * Answers a sign-in or a refresh. Tokens go into cookies or into the body, never into both.
 *
 * @param device what the browser is known by from now on; `null`: nothing new
 */
export async function answerTokens(
  c: Context<AppEnv>,
  pair: TokenPair,
  { useCookies, device }: { useCookies: boolean; device: Device | null },
) {
  // For caches that know HTTP/1.0 only (RFC 6749 section 5.1).
  c.header('Pragma', 'no-cache')
  const body = useCookies ? toCookieSessionPayload(pair) : toTokenPairPayload(pair)
  if (device) await setDeviceCookie(c, device)
  if (useCookies) setSessionCookies(c, pair)
  return c.json(body, 200)
}
