import { isLoopback } from './loopback.ts'

/** Schemes with which a URL is no app's own origin: of the network, of files, of texts. */
const FOREIGN_SCHEME = /^(ftp|wss?|file|data|blob|javascript|about|filesystem|view-source|postgres(ql)?):$/

/** The one loopback origin over plain http that an app in production has: Tauri's on Windows and Android. */
const TAURI = 'http://tauri.localhost'

/**
 * An origin as browsers write it into `Origin`. For the schemes of apps (`capacitor://localhost`, `tauri://localhost`)
 * `URL.origin` is `null`, but their web views send scheme and host.
 *
 * @returns what is wrong with it where it is no exact origin; plain http is one on this machine only, where nobody else
 *   can listen in
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
 * Whether an origin belongs to development only: plain http on a machine of somebody's. A server on the network that
 * trusts it lets act for its users whatever happens to listen at that port of theirs.
 */
export function isDevelopmentOrigin(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'http:' && isLoopback(hostname) && origin !== TAURI
}
