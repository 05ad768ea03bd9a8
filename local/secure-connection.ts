import { Client, type ClientConfig, type PoolConfig } from 'pg'
import { isLoopback } from '../src/net/loopback.ts'

/** What pg goes by; a URL can name a host twice, and the one in its query wins. */
type Connection = Pick<PoolConfig, 'connectionString'> & { Client?: typeof Client }

/**
 * How a PostgreSQL server is connected to. Off this machine that is TLS with a certificate that fits the
 * host: without `sslmode` pg would send everything in the clear, and with `sslmode=require` in libpq's
 * meaning to whoever answers. Only `sslmode=disable`, written out, says that the network is one's own; a
 * password is not sent in the clear even then, nor as MD5, which is cracked in no time.
 *
 * @throws Error for a URL that wants any certificate to be taken
 */
export function secureConnection(connectionString: string): Connection {
  const url = new URL(connectionString)
  const modes = url.searchParams.getAll('sslmode')
  const isPlain = modes.length > 0 && modes.every((mode) => mode === 'disable')
  if (isOnThisMachine(url)) {
    // What pg makes of the mode in most connection strings, which it would warn about in ten lines.
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
 * Whether nobody else can listen in: a socket of the file system, or a loopback address that no DNS server is
 * asked for. The host is what pg makes of the URL, its query and the environment.
 */
function isOnThisMachine(url: URL): boolean {
  const withoutTls = new URL(url)
  for (const name of url.searchParams.keys()) if (/ssl|libpq/.test(name)) withoutTls.searchParams.delete(name)
  const { host } = new Client({ connectionString: withoutTls.href })
  if (host.startsWith('/')) return true
  const name = host.includes(':') ? `[${host}]` : host.toLowerCase()
  return isLoopback(name) && !name.endsWith('.localhost')
}

/** Answers neither of the two requests for a password that would give it away. */
class NothingInClear extends Client {
  constructor(config?: string | ClientConfig) {
    super(config)
    const { connection, password } = this as unknown as {
      connection: NodeJS.EventEmitter
      password: string | null
    }
    let isInClear = false
    for (const event of ['authenticationCleartextPassword', 'authenticationMD5Password']) {
      // Before pg's own listeners, which come with the connection.
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
    // pg asks a function for the password when the server does.
    Object.defineProperty(this, 'password', { value: answer, writable: true })
  }
}
