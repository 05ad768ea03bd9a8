import { ownHeaders } from '../headers.ts'
import { type Transport, TransportError } from '../transport.ts'
import { inBrackets, memberOf } from './post.ts'

/** A `send_email` binding of Cloudflare Email Service, as far as it is used here. */
export type SendEmail = {
  /** Rejects with an error whose `code` names the reason. */
  send(message: {
    from: { email: string; name: string } | string
    to: string
    replyTo?: string
    subject: string
    text: string
    html: string
    headers: Readonly<Record<string, string>>
  }): Promise<unknown>
}

/**
 * Sends by a binding of Cloudflare Email Service. It sets `Message-ID` itself and refuses one of ours, so a
 * mail that is sent again is recognised by its `X-Message-ID`.
 *
 * @see https://developers.cloudflare.com/email-service/api/send-emails/workers-api/
 * @see https://developers.cloudflare.com/email-service/reference/headers/
 */
export function createCloudflareTransport(
  binding: SendEmail,
  { timeoutMilliseconds }: { timeoutMilliseconds: number },
): Transport {
  return {
    async send(mail) {
      const { from, replyTo, to, subject, text, html } = mail
      const message = {
        from: from.name === '' ? from.address : { email: from.address, name: from.name },
        to,
        ...(replyTo !== null && { replyTo }),
        subject,
        text,
        html,
        headers: ownHeaders(mail),
      }
      const deadline = startDeadline(timeoutMilliseconds)
      try {
        await Promise.race([binding.send(message), deadline.expired])
      } catch (error) {
        if (error instanceof TransportError) throw error
        throw new TransportError(`Cloudflare refused the mail${inBrackets(memberOf(error, 'code'))}`)
      } finally {
        deadline.stop()
      }
    },
  }
}

/** Calls of bindings can't be aborted. */
function startDeadline(milliseconds: number) {
  const { promise: expired, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new TransportError('Cloudflare did not answer in time')),
    milliseconds,
  )
  return { expired, stop: () => clearTimeout(timer) }
}
