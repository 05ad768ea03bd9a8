import type { Config } from '../config/parse-config.ts'
import { isLoopback, isLoopbackOrigin } from '../net/loopback.ts'

/**
 * Whether pages of an origin may read our answers and act for their visitors: the origin must equal a
 * configured one.
 *
 * If this server itself is on loopback, so may every page of this machine, since frontends in development
 * start at any port. That gives nothing away: ports are no boundary for cookies (RFC 6265 section 8.5), so
 * whoever serves a page at `localhost` receives the cookies of development anyway, and the accounts are made
 * up. A page from the internet stays foreign, even if its name resolves to 127.0.0.1: browsers send its name.
 * A server on the network trusts no loopback origin that is not configured.
 */
export function isAllowedOrigin(
  { publicUrl, corsOrigins }: Pick<Config, 'publicUrl' | 'corsOrigins'>,
  origin: string,
): boolean {
  if (corsOrigins.includes(origin)) return true
  return isLoopback(new URL(publicUrl).hostname) && isLoopbackOrigin(origin)
}
