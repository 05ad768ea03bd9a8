import { bracketed, nameAddress, ownHeaders } from '../headers.ts'
import type { MailUrl } from '../mail-url.ts'
import type { Transport } from '../transport.ts'
import { type Http, memberOf, post } from './post.ts'

/**
 * Sends by Postmark. It has no idempotency keys, so a mail that is sent again arrives twice, with one
 * `Message-ID`.
 *
 * @see https://postmarkapp.com/developer/api/email-api#send-a-single-email
 */
export function createPostmarkTransport(
  { serverToken, stream, endpoint }: Extract<MailUrl, { kind: 'postmark' }>,
  http: Http,
): Transport {
  return {
    async send(mail) {
      const { from, replyTo, to, subject, text, html } = mail
      const headers = {
        Accept: 'application/json',
        'Content-Type': 'application/json',
        'X-Postmark-Server-Token': serverToken,
      }
      // Without X-PM-KeepID, Postmark replaces Message-ID.
      const own = { 'Message-ID': bracketed(mail), 'X-PM-KeepID': 'true', ...ownHeaders(mail) }
      const body = JSON.stringify({
        From: nameAddress(from),
        To: to,
        ...(replyTo !== null && { ReplyTo: replyTo }),
        Subject: subject,
        TextBody: text,
        HtmlBody: html,
        Headers: Object.entries(own).map(([Name, Value]) => ({ Name, Value })),
        MessageStream: stream,
        // Tracking would put its own URLs in place of links that hold tokens, whatever the server's default.
        TrackOpens: false,
        TrackLinks: 'None',
      })
      const errorName = (_: Response, answer: unknown) => memberOf(answer, 'ErrorCode')
      await post({ provider: 'Postmark', url: `${endpoint}/email`, headers, body, errorName }, http)
    },
  }
}
