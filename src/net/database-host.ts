import { isLoopback } from './loopback.ts'

/** Where SQL is posted to, and the connection string that goes along with it, password included. */
export type DatabaseAddress = { url: string; endpoint: string }

/** A database's address, or what is wrong with it; the value itself is not repeated. */
export type DatabaseHost = DatabaseAddress | { problem: string }

/** Neon's, and those of its staging; at least one label in front, since the first label is replaced by `api`. */
const NEON = /^([a-z0-9-]+\.)+neon\.(tech|build)$/

/** Neon's conventions for a local endpoint: this name, whose address is 127.0.0.1, and this port. */
const LOCAL_NAME = 'db.localtest.me'
const LOCAL_PORT = '4444'

/**
 * The one place that decides where a connection string may be sent. Left to itself, Neon's driver takes any host for
 * Neon's: it replaces the first label by `api` and posts the connection string there, so that the password of
 * `db.example.com` goes to whoever has `api.example.com`.
 *
 * The string is parsed as the driver does, as an `http` URL: other schemes have another grammar, in which
 * `u:p@evil.example\@ep-x.neon.tech` is a host of Neon's.
 *
 * @param endpoint the URL that SQL is posted to instead, if one is configured; then the host may be any
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
  // The driver ignores the mode and always uses https off loopback, so a wish for less is a mistake.
  const mayBePlain = parsed.searchParams.getAll('sslmode').some((mode) => PLAIN_TEXT.test(mode))
  if (mayBePlain && target.startsWith('https:')) return { problem: 'must not allow plain text (sslmode)' }
  return { url, endpoint: target }
}

const PLAIN_TEXT = /^(disable|allow|prefer)$/i

const NOT_NEON =
  "is not at Neon (*.neon.tech) or on this machine. For an endpoint of your own that speaks Neon's protocol, set DATABASE_ENDPOINT to its URL; npm run dev works on any PostgreSQL"

function endpointOf({ hostname, port }: URL): string | null {
  if (isLocalDatabase(hostname)) return `http://${hostname}:${port || LOCAL_PORT}/sql`
  // The port is PostgreSQL's; SQL over HTTP is at that of https.
  return NEON.test(hostname) ? `https://${hostname.replace(/^[^.]+/, 'api')}/sql` : null
}

/** Narrower than what browsers take for loopback: names under `localhost` can be asked of a DNS server here. */
function isLocalDatabase(hostname: string): boolean {
  return hostname === LOCAL_NAME || (isLoopback(hostname) && !hostname.endsWith('.localhost'))
}
