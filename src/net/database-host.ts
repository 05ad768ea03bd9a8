import { isLoopback } from './loopback.ts'

/** The URL that SQL is posted to, and the connection string that is sent along, password included. */
export type DatabaseAddress = { url: string; endpoint: string }

/** The address, or what is wrong with it, without quoting it. */
export type DatabaseHost = DatabaseAddress | { problem: string }

/** Neon's, staging included. At least one label in front: the driver replaces the first one by `api`. */
const NEON = /^([a-z0-9-]+\.)+neon\.(tech|build)$/

/** Neon's conventions for a local endpoint: a name that resolves to 127.0.0.1, and a port. */
const LOCAL_NAME = 'db.localtest.me'
const LOCAL_PORT = '4444'

/**
 * Decides where a connection string may be sent; nothing else does. By itself, Neon's driver takes every host
 * for Neon's: it replaces the first label by `api` and posts the connection string there. The password of
 * `db.example.com` would go to the owner of `api.example.com`.
 *
 * It parses the string as the driver does, as an `http` URL: other schemes have another grammar, by which
 * `u:p@evil.example\@ep-x.neon.tech` has a host of Neon's.
 *
 * @param endpoint the configured URL that SQL is posted to instead; then any host is allowed
 */
export function resolveDatabase(connectionString: string, endpoint?: string | null): DatabaseHost {
  const scheme = /^postgres(ql)?:(?=\/\/)/.exec(connectionString)?.[0]
  if (!scheme) return { problem: 'must start with postgresql://' }
  const parsed = URL.parse(`http:${connectionString.slice(scheme.length)}`)
  if (!parsed?.username || !parsed.password || parsed.pathname.length < 2) {
    return { problem: 'needs a user, a password, a host and a database' }
  }
  const url = `postgresql:${parsed.href.slice('http:'.length)}`
  const target = endpoint || endpointOf(parsed)
  if (!target) return { problem: NOT_NEON }
  // The driver ignores the mode and uses https off loopback, so whoever allows less has made a mistake.
  const mayBePlain = parsed.searchParams.getAll('sslmode').some((mode) => PLAIN_TEXT.test(mode))
  if (mayBePlain && target.startsWith('https:')) return { problem: 'must not allow plain text (sslmode)' }
  return { url, endpoint: target }
}

const PLAIN_TEXT = /^(disable|allow|prefer)$/i

const NOT_NEON =
  'is not at Neon (*.neon.tech) or on this machine. For an endpoint of your own that speaks ' +
  "Neon's protocol, set DATABASE_ENDPOINT to its URL; npm run dev works on any PostgreSQL"

function endpointOf({ hostname, port }: URL): string | null {
  if (isLocalDatabase(hostname)) return `http://${hostname}:${port || LOCAL_PORT}/sql`
  // The port is PostgreSQL's; SQL over HTTP is at the port of https.
  return NEON.test(hostname) ? `https://${hostname.replace(/^[^.]+/, 'api')}/sql` : null
}

/** Narrower than loopback for browsers: a DNS server may be asked for names under `localhost` here. */
function isLocalDatabase(hostname: string): boolean {
  return hostname === LOCAL_NAME || (isLoopback(hostname) && !hostname.endsWith('.localhost'))
}
