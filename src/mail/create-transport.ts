import { assertSendable } from './assert-sendable.ts'
import type { MailUrl } from './mail-url.ts'
import type { Transport } from './transport.ts'
import type { SendEmail } from './transports/cloudflare.ts'

/** A provider's whole answer, the name of an error included. */
const HTTP_TIMEOUT_MILLISECONDS = 10_000

/** A whole SMTP session: about eight round trips, and servers that look the client up before they greet. */
const SMTP_TIMEOUT_MILLISECONDS = 15_000

/** The parts of the platform that transports use. */
export type TransportPlatform = {
  fetch: typeof fetch
  /** A binding of the Worker, by its name; `undefined` if there is none, as under Node. */
  binding: (name: string) => unknown
  /** After how long a mail counts as not taken over; omitted: 15 seconds for SMTP, 10 for the others. */
  timeoutMilliseconds?: number
}

/**
 * The transport that `MAIL_URL` names. Its code is evaluated when a mail is sent: a Worker evaluates that of
 * one kind only, and none at its start.
 *
 * @returns `null` for `off`; otherwise a transport that sends only what `assertSendable` accepts
 * @throws Error if the Worker lacks the binding that `MAIL_URL` names
 */
export function createTransport(mailUrl: MailUrl, platform: TransportPlatform): Transport | null {
  if (mailUrl.kind === 'off') return null
  const load = loaderOf(mailUrl, platform)
  return {
    async send(mail) {
      assertSendable(mail)
      // Not kept: the runtime keeps the module, and a Worker's request can't wait for another one's promise.
      const transport = await load()
      await transport.send(mail)
    },
  }
}

function loaderOf(
  url: Exclude<MailUrl, { kind: 'off' }>,
  { fetch, binding, timeoutMilliseconds }: TransportPlatform,
): () => Promise<Transport> {
  const http = { fetch, timeoutMilliseconds: timeoutMilliseconds ?? HTTP_TIMEOUT_MILLISECONDS }
  switch (url.kind) {
    case 'resend':
      return async () => (await import('./transports/resend.ts')).createResendTransport(url, http)
    case 'postmark':
      return async () => (await import('./transports/postmark.ts')).createPostmarkTransport(url, http)
    case 'ses':
      return async () => (await import('./transports/ses.ts')).createSesTransport(url, http)
    case 'cloudflare': {
      const bound = binding(url.binding)
      if (!isSendEmail(bound)) {
        const name = url.binding
        throw new Error(
          `MAIL_URL names a send_email binding, ${name}, that is not there: only Workers have them`,
        )
      }
      return async () => (await import('./transports/cloudflare.ts')).createCloudflareTransport(bound, http)
    }
    case 'smtp': {
      const smtp = { timeoutMilliseconds: timeoutMilliseconds ?? SMTP_TIMEOUT_MILLISECONDS }
      return async () => (await import('./transports/smtp.ts')).createSmtpTransport(url, smtp)
    }
  }
}

const isSendEmail = (bound: unknown): bound is SendEmail =>
  typeof bound === 'object' && bound !== null && 'send' in bound && typeof bound.send === 'function'
