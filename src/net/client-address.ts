/** The client of a request, as far as the platform knows. */
export type Client = {
  /** An IPv4 or IPv6 address in its canonical spelling. */
  address: string | null
  /** Limits count by it: an IPv4 address, or the /64 of an IPv6 one; `unknown` if there is none. */
  network: string
  /** The networks around it, the widest last, and by how much their buckets are larger. None for IPv4. */
  widerNetworks: readonly { network: string; share: number }[]
  /** The widest of all these; hashing takes turns by it. */
  site: string
  /** At most 256 characters. */
  userAgent: string | null
  /** One of `MAIL_LANGUAGES`, by `Accept-Language`. */
  language: string
}

/** Enough to distinguish a user's browsers. */
const MAX_USER_AGENT_CHARACTERS = 256

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/**
 * Spells an address canonically, so that nobody becomes another client by another spelling: an IPv4 address
 * mapped into IPv6 as IPv4, IPv6 in lower case and shortened (RFC 5952), without brackets, zone or port.
 *
 * @returns `null` if it is no address
 */
export function parseAddress(text: string): string | null {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d{1,5})?$/, '$1')
    .replace(/^([\d.]+):\d{1,5}$/, '$1')
    .replace(/%[\w.-]+$/, '')
  const v4 = IPV4_IN_IPV6.exec(bare)?.[1] ?? bare
  if (IPV4.test(v4)) return v4
  if (!/^[\da-f:.]+$/i.test(bare) || !URL.canParse(`http://[${bare}]`)) return null
  const v6 = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(v6) ?? []
  if (!high || !low) return v6
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.')
}

type Network = { network: string; share: number }
type Networks = [Network, ...Network[]]

const UNKNOWN: Networks = [{ network: 'unknown', share: 1 }]

/**
 * The networks that limits count an IPv6 address by, and by how much their buckets are larger than the first
 * one. A customer with one address usually has its /64; many providers assign a /56, and hosters a /48, which
 * is 65,536 times a /64. A mobile network has as many people in one, so the wide ones are generous.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6177#section-2
 */
const IPV6_NETWORKS = [
  { bits: 64, share: 1 },
  { bits: 56, share: 4 },
  { bits: 48, share: 16 },
] as const

/**
 * The networks that limits count an address by, the narrowest first: an IPv4 address itself, or those of an
 * IPv6 one.
 *
 * @param address as `parseAddress` returns it
 */
export function networksOf(address: string): Networks {
  if (!address.includes(':')) return [{ network: address, share: 1 }]
  const groups = groupsOf(address)
  const networkOf = ({ bits, share }: { bits: number; share: number }) => {
    const whole = groups.slice(0, bits >> 4)
    const part =
      bits % 16 === 0 ? [] : [(Number.parseInt(groups[bits >> 4] ?? '0', 16) & 0xff00).toString(16)]
    return { network: `${[...whole, ...part].join(':')}::/${bits}`, share }
  }
  const [narrowest, ...wider] = IPV6_NETWORKS
  return [networkOf(narrowest), ...wider.map(networkOf)]
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length
  return [...groups, ...Array<string>(zeros).fill('0'), ...rest]
}

/**
 * The address that connected to the outermost of our proxies. Each proxy appends the address that connected
 * to it to `X-Forwarded-For`; everything further left was sent by the client and proves nothing.
 *
 * @returns `null` if the header is shorter, that is if the request bypassed the proxies
 */
export function forwardedAddress(header: string | null, hops: number): string | null {
  if (hops < 1) return null
  return (header ?? '').split(',').at(-hops)?.trim() || null
}

/**
 * The client of a request.
 *
 * @param address by the platform
 * @param sent its `User-Agent`, and the language chosen by its `Accept-Language`
 */
export function toClient(
  address: string | null,
  { userAgent, language }: { userAgent: string | undefined; language: string },
): Client {
  const canonical = address === null ? null : parseAddress(address)
  // Clients without an address share their limits: unknown must not mean unlimited.
  const [network, ...widerNetworks] = canonical === null ? UNKNOWN : networksOf(canonical)
  return {
    address: canonical,
    network: network.network,
    widerNetworks,
    site: (widerNetworks.at(-1) ?? network).network,
    userAgent: userAgent?.slice(0, MAX_USER_AGENT_CHARACTERS).toWellFormed() ?? null,
    language,
  }
}
