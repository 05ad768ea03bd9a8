import { isLoopback } from './loopback.ts'

/** Schemes whose URLs are no app's own origin: of the network, of files, of inline content. */
const FOREIGN_SCHEME = /^(ftp|wss?|file|data|blob|javascript|about|filesystem|view-source|postgres(ql)?):$/

/** The only plain-http loopback origin of apps in production: Tauri's on Windows and Android. */
const TAURI = 'http://tauri.localhost'

/**
 * Reads an origin as browsers write it into `Origin`. For the schemes of apps (`capacitor://localhost`,
 * `tauri://localhost`) `URL.origin` is `null`, but their web views send scheme and host.
 *
 * @returns the problem if it is no exact origin, or is plain http off this machine, where others can listen
 *   in
 */
export function readOrigin(text: string): { origin: string } | { problem: string } {
  const url = URL.parse(text)
  if (!url) return { problem: text === '*' ? 'must not be *; name each origin' : 'is not a URL' }
  const { protocol, host, hostname, pathname, search, hash, username, password } = url
  if (FOREIGN_SCHEME.test(protocol)) return { problem: 'must be an http or https URL' }
  if (hostname.includes('*')) return { problem: 'must be one exact origin, without *' }
  if (!host || !/^\/?$/.test(pathname) || search || hash || username || password)
    return { problem: 'must be an origin: scheme, host and port only' }
  if (protocol === 'http:' && !isLoopback(hostname))
    return { problem: 'is plain http off this machine; use https' }
  return { origin: `${protocol}//${host.toLowerCase()}` }
}

/**
 * Whether an origin is for development only: plain http on loopback. A server on the network that trusted it
 * would let any program that listens at that port of a user's machine act for that user.
 */
export function isDevelopmentOrigin(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'http:' && isLoopback(hostname) && origin !== TAURI
}
