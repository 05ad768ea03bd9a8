import { Client, type ClientConfig, type PoolConfig } from 'pg'
import { isLoopback } from '../src/net/loopback.ts'

/** The configuration for pg, which prefers the host in a URL's query to the one before its path. */
type Connection = Pick<PoolConfig, 'connectionString'> & { Client?: typeof Client }

/**
 * Makes the configuration of a connection to a PostgreSQL server. A server on another machine needs TLS with
 * a verified certificate of its host: without `sslmode` pg would send everything in the clear, and with
 * `sslmode=require` in libpq's meaning it would accept any server. Only an explicit `sslmode=disable` turns
 * TLS off, for a trusted network. Even then the password is never sent in the clear, nor as MD5, which is
 * cracked quickly.
 *
 * @throws Error for a URL that accepts any certificate
 */
export function secureConnection(connectionString: string): Connection {
  const url = new URL(connectionString)
  const modes = url.searchParams.getAll('sslmode')
  const isPlain = modes.length > 0 && modes.every((mode) => mode === 'disable')
  if (isOnThisMachine(url)) {
    // pg treats `require` as `verify-full`, with a warning of ten lines; this avoids the warning.
    if (modes.includes('require') && !url.searchParams.has('uselibpqcompat')) verify(url)
    return { connectionString: url.href }
  }
  if (isPlain) return { connectionString: url.href, Client: NothingInClear }
  if ([...modes, ...url.searchParams.getAll('ssl')].includes('no-verify')) {
    throw new Error(
      'its URL takes any certificate; name the authority instead, as sslrootcert=/path/to/ca.pem',
    )
  }
  verify(url)
  for (const name of ['ssl', 'uselibpqcompat']) url.searchParams.delete(name)
  return { connectionString: url.href }
}

function verify({ searchParams }: URL): void {
  searchParams.set('sslmode', 'verify-full')
}

/**
 * Whether the connection stays on this machine: a Unix socket, or a loopback address that needs no DNS. Asks
 * pg for the host, which it takes from the URL, its query or the environment.
 */
function isOnThisMachine(url: URL): boolean {
  const withoutTls = new URL(url)
  for (const name of url.searchParams.keys()) if (/ssl|libpq/.test(name)) withoutTls.searchParams.delete(name)
  const { host } = new Client({ connectionString: withoutTls.href })
  if (host.startsWith('/')) return true
  const name = host.includes(':') ? `[${host}]` : host.toLowerCase()
  return isLoopback(name) && !name.endsWith('.localhost')
}

/** A client that refuses the two authentication methods that would reveal the password. */
class NothingInClear extends Client {
  constructor(config?: string | ClientConfig) {
    super(config)
    const { connection, password } = this as unknown as {
      connection: NodeJS.EventEmitter
      password: string | null
    }
    let isInClear = false
    for (const event of ['authenticationCleartextPassword', 'authenticationMD5Password']) {
      // Runs before pg's own listeners, which are added on connecting.
      connection.on(event, () => {
        isInClear = true
      })
    }
    const answer = () => {
      if (!isInClear) return password ?? ''
      throw new Error(
        'it asks for the password in the clear or as MD5, without TLS: let it use scram-sha-256',
      )
    }
    // If the password is a function, pg calls it when the server asks for the password.
    Object.defineProperty(this, 'password', { value: answer, writable: true })
  }
}
