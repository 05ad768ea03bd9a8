const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Whether a host name of a parsed URL is certainly this machine: nobody else can listen in on plain http.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}

/** Whether an origin is http or https on this machine: a frontend in development. */
export function isLoopbackOrigin(origin: string): boolean {
  const url = URL.parse(origin)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === origin && isLoopback(url.hostname)
}

/** The same for an address to listen on: it has no brackets around IPv6, as a URL has. */
export function isLoopbackAddress(host: string): boolean {
  return isLoopback(host.includes(':') ? `[${host}]` : host)
}

/** Whether only this machine reaches a server with this URL that listens on this address. */
export function isOnThisMachine(publicUrl: string, host: string): boolean {
  return isLoopback(new URL(publicUrl).hostname) && isLoopbackAddress(host)
}
