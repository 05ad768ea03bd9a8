import type { HttpBindings } from '@hono/node-server'
import type { AppDeps, ClientAddress, IsPlainHttp } from '../deps.ts'
import { forwardedAddress, parseAddress } from '../net/client-address.ts'

/** Networks that no client on the internet has (RFC 1918, 4193, 4291, 6598), but proxies do. */
const PRIVATE_V4 =
  /^(10|127|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./
const PRIVATE_V6 = /^(::1$|f[cd]|fe[89ab])/

const ADVICE = {
  none:
    'X-Forwarded-For came and TRUSTED_PROXY_HOPS is 0: if a proxy of yours sent it, all of its clients ' +
    'share one limit. Set TRUSTED_PROXY_HOPS to how many proxies append to it.',
  high:
    'X-Forwarded-For has fewer addresses than TRUSTED_PROXY_HOPS says: it is too high, or a client ' +
    'reached this port past the proxies.',
  low:
    'The client, as TRUSTED_PROXY_HOPS has it, is in a private network and others stand before it in ' +
    'X-Forwarded-For: if that is a proxy of yours, raise TRUSTED_PROXY_HOPS.',
}

/**
 * The socket's address, or the one that our own proxies appended: anybody can send all other headers. If the
 * header does not fit `TRUSTED_PROXY_HOPS`, the log says so once in the life of the process: a client can
 * make the header up, so it is only a hint.
 */
export function clientAddressBehind(hops: number, { log }: Pick<AppDeps, 'log'>): ClientAddress {
  let isSaid = false
  return (request, bindings) => {
    const header = request.headers.get('X-Forwarded-For')
    const mismatch = isSaid ? null : mismatchOf(header, hops)
    if (mismatch) {
      isSaid = true
      log({ event: 'trusted_proxy_hops', hops, advice: ADVICE[mismatch] })
    }
    const { remoteAddress } = (bindings as HttpBindings).incoming.socket
    return forwardedAddress(header, hops) ?? remoteAddress ?? null
  }
}

function mismatchOf(header: string | null, hops: number): keyof typeof ADVICE | null {
  if (hops === 0) return header === null ? null : 'none'
  const client = forwardedAddress(header, hops)
  if (client === null) return 'high'
  const isBehindOthers = forwardedAddress(header, hops + 1) !== null
  const address = parseAddress(client) ?? ''
  return isBehindOthers && (PRIVATE_V4.test(address) || PRIVATE_V6.test(address)) ? 'low' : null
}

/**
 * A proxy that ends TLS says so in `X-Forwarded-Proto`. If the header is missing, or any hop was plain, a
 * password may have crossed the network in the clear.
 */
export const isPlainHttp: IsPlainHttp = (request) =>
  !/^\s*https(\s*,\s*https)*\s*$/i.test(request.headers.get('X-Forwarded-Proto') ?? '')
