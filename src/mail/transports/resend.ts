import { bracketed, nameAddress, ownHeaders } from '../headers.ts'
import type { MailUrl } from '../mail-url.ts'
import type { Transport } from '../transport.ts'
import { type Http, memberOf, post } from './post.ts'

/**
 * Sends by Resend. A second request with the same id within 24 hours sends nothing and is answered like the
 * first. Whether Resend rewrites links is a setting of the domain, which no request can change: tracking of
 * clicks has to be off there, since links hold tokens.
 *
 * @see https://resend.com/docs/api-reference/emails/send-email
 * @see https://resend.com/docs/dashboard/emails/idempotency-keys
 */
export function createResendTransport(
  { apiKey, endpoint }: Extract<MailUrl, { kind: 'resend' }>,
  http: Http,
): Transport {
  return {
    async send(mail) {
      const { messageId, from, replyTo, to, subject, text, html } = mail
      const headers = {
        Authorization: `Bearer ${apiKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': messageId,
        // Resend refuses requests without one.
        'User-Agent': 'lumascope-auth',
      }
      const body = JSON.stringify({
        from: nameAddress(from),
        to: [to],
        ...(replyTo !== null && { reply_to: replyTo }),
        subject,
        text,
        html,
        headers: { 'Message-ID': bracketed(mail), ...ownHeaders(mail) },
      })
      const errorName = (_: Response, answer: unknown) => memberOf(answer, 'name')
      await post({ provider: 'Resend', url: `${endpoint}/emails`, headers, body, errorName }, http)
    },
  }
}
