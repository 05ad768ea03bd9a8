import MimeNode from 'nodemailer/lib/mime-node'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { bracketed, ownHeaders } from '../headers.ts'
import type { SmtpUrl } from '../mail-url.ts'
import { type Mail, type Transport, TransportError } from '../transport.ts'
import { inBrackets, memberOf } from './post.ts'

// Not Nodemailer's own transport: it imports all others (69 KiB compressed; these two parts are 39), and
// sends without authentication if the server does not offer any.

/** Nodemailer's `connectionTimeout` includes the greeting and STARTTLS. */
const CONNECTION_TIMEOUT_MILLISECONDS = 5000
const GREETING_TIMEOUT_MILLISECONDS = 5000
const SOCKET_TIMEOUT_MILLISECONDS = 10_000

/**
 * Sends by SMTP, each mail over a connection of its own: a Worker's requests can't share one. Certificates
 * are always verified.
 *
 * SMTP has no idempotency keys: a mail that is sent again arrives twice, with one `Message-ID`.
 *
 * @param options.timeoutMilliseconds for the whole session
 */
export function createSmtpTransport(
  url: SmtpUrl,
  { timeoutMilliseconds }: { timeoutMilliseconds: number },
): Transport {
  return {
    async send(mail) {
      const message = await compose(mail).build()
      const connection = connectionFor(url, mail)
      await runSession(connection, { timeoutMilliseconds }, async () => {
        await call((done) => connection.connect(done))
        const { credentials } = url
        if (credentials) {
          const { user, password: pass } = credentials
          await call((done) => connection.login({ user, pass }, done))
        }
        const envelope = { from: mail.from.address, to: [mail.to] }
        await call((done) => connection.send(envelope, message, done))
        // The server has taken the mail over: its answer to this changes nothing.
        connection.quit()
      })
    },
  }
}

function compose(mail: Mail): MimeNode {
  const { from, replyTo, to, subject, text, html } = mail
  // Otherwise a body could name a file or a URL whose contents are sent instead.
  const noFiles = { disableFileAccess: true, disableUrlAccess: true, newline: 'win' }
  const message = new MimeNode('multipart/alternative', noFiles).setHeader({
    From: from,
    // As an object: a string would be parsed as a list.
    To: { name: '', address: to },
    Subject: subject,
    'Message-ID': bracketed(mail),
    ...ownHeaders(mail),
  })
  if (replyTo !== null) message.setHeader('Reply-To', { name: '', address: replyTo })
  message.createChild('text/plain; charset=utf-8').setContent(text)
  message.createChild('text/html; charset=utf-8').setContent(html)
  return message
}

/** @see https://developers.cloudflare.com/workers/runtime-apis/web-standards/#navigatoruseragent */
const isOnWorkers = () => navigator.userAgent === 'Cloudflare-Workers'

/**
 * Leaves it to the runtime to look the host up. Nodemailer would, and connect to the address that it found: a
 * Worker then expects that address in the certificate.
 */
class ConnectionByName extends SMTPConnection {
  constructor(options: ConstructorParameters<typeof SMTPConnection>[0]) {
    super(options)
    // Workers refuse the server's name at STARTTLS ("The expectedServerHostname option is not currently
    // supported"), and expect the one that was connected to. Node needs it, for SNI.
    if (isOnWorkers()) this.servername = false
  }

  _resolveAndConnect(_: unknown, connect: (resolved: object) => void): void {
    connect({})
  }
}

/** As far as it is used here. Nodemailer's types refer to Node's, without which the product is compiled. */
type Connection = {
  on(event: 'error', listener: (error?: unknown) => void): unknown
  connect(done: Done): void
  login(credentials: { user: string; pass: string }, done: Done): void
  send(envelope: { from: string; to: string[] }, message: Uint8Array, done: Done): void
  quit(): void
  close(): void
}

type Done = (error?: unknown) => void

function connectionFor({ host, port, tls }: SmtpUrl, { from }: Mail): Connection {
  return new ConnectionByName({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    // Instead of the name of this machine, which recipients would read in `Received`.
    name: from.address.slice(from.address.indexOf('@') + 1),
    connectionTimeout: CONNECTION_TIMEOUT_MILLISECONDS,
    greetingTimeout: GREETING_TIMEOUT_MILLISECONDS,
    socketTimeout: SOCKET_TIMEOUT_MILLISECONDS,
  }) as unknown as Connection
}

/** Calls a method that reports by callback. */
function call(method: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => method((error) => (error ? reject(error) : resolve())))
}

/**
 * Runs the steps of a session until the last one, the first error or the deadline, and closes the connection
 * unless they succeeded.
 *
 * @throws TransportError
 */
async function runSession(
  connection: Connection,
  { timeoutMilliseconds }: { timeoutMilliseconds: number },
  steps: () => Promise<void>,
): Promise<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  // Most errors are events, and not given to the callback of the step.
  connection.on('error', reject)
  const timer = setTimeout(() => reject(Object.assign(new Error(), TIMED_OUT)), timeoutMilliseconds)
  try {
    await Promise.race([steps(), failed])
  } catch (error) {
    connection.close()
    throw toTransportError(error)
  } finally {
    clearTimeout(timer)
  }
}

const TIMED_OUT = { code: 'ETIMEDOUT' }

/** Keeps only the codes of an error: its text has the server's answer, which may quote addresses. */
function toTransportError(error: unknown): TransportError {
  const status = memberOf(error, 'responseCode')
  if (typeof status === 'number') {
    const step = memberOf(error, 'command')
    const at = typeof step === 'string' ? inBrackets(step.replaceAll(' ', '-')) : ''
    const message = `The SMTP server answered ${status}${at}`
    const isAboutOne = step === 'RCPT TO' || (step === 'DATA' && status >= 550)
    return new TransportError(message, { isFinal: status >= 500 && step === 'RCPT TO', isAboutOne })
  }
  const code = memberOf(error, 'code')
  if (code === TIMED_OUT.code) return new TransportError('The SMTP server did not answer in time')
  // `ETLS`, and below it the reason, such as `SELF_SIGNED_CERT_IN_CHAIN`.
  const reason = memberOf(error, 'originalCode') ?? code
  return new TransportError(`The SMTP server could not be used${inBrackets(reason)}`)
}
