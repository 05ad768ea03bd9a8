import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { type Authority, createAuthority } from './certificates.ts'

/** A mail that the server took over. */
export type ReceivedMail = {
  envelope: { from: string; to: string[] }
  isOverTls: boolean
  /** That the client asked for with TLS (SNI); `null`: it named none. */
  serverName: string | null
  /** Who signed in; `null`: nobody. */
  user: string | null
  /** As the client introduced itself. */
  clientName: string
  raw: string
  mail: Email
}

export type SmtpOptions = {
  tls: 'starttls' | 'implicit' | 'none'
  /** The only credentials that sign in, which everybody has to; omitted: nobody has to. */
  credentials?: { user: string; password: string }
  /** Which certificate it has; omitted: one of `trustedAuthority()`. */
  authority?: Authority
}

/** How a server fails from now on. */
export type SmtpBehaviour = {
  /** Accepts connections and says nothing. */
  isDead?: boolean
  /** Answers with this code, and with a text that quotes the addresses. */
  refuses?: { at: 'connect' | 'sender' | 'recipient' | 'message'; code: number }
  /** Takes mails over only after so long. */
  delayMilliseconds?: number
  /** Does not offer STARTTLS, and takes credentials without: somebody in between removed it. */
  isStripped?: boolean
}

let trusted: Authority | undefined

/** The authority of all servers of this process that are given no other. */
export function trustedAuthority(): Authority {
  trusted ??= createAuthority()
  return trusted
}

/**
 * A real SMTP server on 127.0.0.1, on any free port. A client process trusts its certificate with
 * `NODE_EXTRA_CA_CERTS=<caFile>` in its environment, under Node and in workerd.
 *
 * `behave` replaces its behaviour. `received` and `logins` grow; `clear` empties both.
 */
export async function startSmtp({ tls, credentials, authority = trustedAuthority() }: SmtpOptions) {
  const received: ReceivedMail[] = []
  const logins: { user: string; password: string }[] = []
  const sockets = new Set<Socket>()
  let behaviour: SmtpBehaviour = {}
  let clearings = 0
  let taking = 0
  const refusalAt = (at: string, text: string) => {
    if (behaviour.refuses?.at !== at) return null
    return Object.assign(new Error(`canary-answer ${text}`), { responseCode: behaviour.refuses.code })
  }
  const newServer = () =>
    new SMTPServer({
      ...{ key: authority.key, cert: authority.cert, secure: tls === 'implicit' },
      allowInsecureAuth: behaviour.isStripped === true,
      disabledCommands: [
        ...(tls === 'none' || behaviour.isStripped ? ['STARTTLS'] : []),
        ...(credentials ? [] : ['AUTH']),
      ],
      disableReverseLookup: true,
      onConnect: (_, done) => done(refusalAt('connect', 'go away')),
      onAuth(given, _session, done) {
        const [user, password] = [String(given.username), String(given.password)]
        logins.push({ user, password })
        if (user === credentials?.user && password === credentials.password) return done(null, { user })
        done(Object.assign(new Error(`canary-answer ${user}`), { responseCode: 535 }))
      },
      onMailFrom: ({ address }, _, done) => done(refusalAt('sender', String(address))),
      onRcptTo: ({ address }, _, done) => done(refusalAt('recipient', String(address))),
      onData(stream, session, done) {
        const { mailFrom, rcptTo } = session.envelope
        const begun = clearings
        buffer(stream)
          .then(async (bytes) => {
            const refusal = refusalAt('message', bytes.toString('latin1').slice(0, 100))
            if (refusal) return done(refusal)
            taking++
            await new Promise((resolve) => setTimeout(resolve, behaviour.delayMilliseconds ?? 0))
            taking--
            const mail = await PostalMime.parse(bytes)
            // Of a client that went away, possibly in the test before.
            if (begun !== clearings) return done(null)
            received.push({
              envelope: {
                from: mailFrom ? String(mailFrom.address) : '',
                to: rcptTo.map(({ address }) => String(address)),
              },
              isOverTls: session.secure,
              serverName: session.servername || null,
              user: typeof session.user === 'string' ? session.user : null,
              clientName: session.hostNameAppearsAs || '',
              raw: bytes.toString('latin1'),
              mail,
            })
            done(null)
          })
          .catch(done)
      },
    })
  const makeServer = () => {
    const server = newServer()
    // Clients that break off in the middle, as some tests make them do.
    server.on('error', () => {})
    return server
  }
  let current = makeServer()
  // In front, since the options of the server itself are fixed once it is made.
  const front = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    if (!behaviour.isDead) current.server.emit('connection', socket)
  }).listen(0, '127.0.0.1')
  await once(front, 'listening')
  return {
    port: (front.address() as { port: number }).port,
    caFile: authority.caFile,
    received,
    logins,
    /** How many mails have arrived whole, and wait for the answer. */
    taking: () => taking,
    behave(next: SmtpBehaviour): void {
      behaviour = next
      current = makeServer()
    },
    clear(): void {
      clearings++
      received.length = 0
      logins.length = 0
    },
    async close(): Promise<void> {
      front.close()
      for (const socket of sockets) socket.destroy()
      await once(front, 'close')
    },
  }
}
