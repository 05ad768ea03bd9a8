import type { Config } from '../config/parse-config.ts'
import { isLoopback, isLoopbackOrigin } from '../net/loopback.ts'

/**
 * Whether pages of an origin may read our answers and act for their visitors: the configured ones, compared whole.
 *
 * Where this server itself is on loopback, so may every page of this machine, at whatever port a frontend happens to
 * start. That gives nothing away: ports are no boundary for cookies (RFC 6265 section 8.5), so whatever serves a page
 * at `localhost` is sent the cookies of development anyway and needs no cross-site request, and the accounts are made
 * up. A page of the internet stays foreign, also one whose name was made to resolve to 127.0.0.1: browsers send its
 * name. A server on the network trusts no loopback origin that isn't listed.
 */
export function isAllowedOrigin(
  { publicUrl, corsOrigins }: Pick<Config, 'publicUrl' | 'corsOrigins'>,
  origin: string,
): boolean {
  if (corsOrigins.includes(origin)) return true
  return isLoopback(new URL(publicUrl).hostname) && isLoopbackOrigin(origin)
}
