import { AwsClient } from 'aws4fetch'
import { utf8 } from '../../crypto/encoding.ts'
import { nameAddress, ownHeaders } from '../headers.ts'
import type { SesUrl } from '../mail-url.ts'
import type { Mail, Transport } from '../transport.ts'
import { type Http, memberOf, post } from './post.ts'

/**
 * Sends by Amazon SES, API v2. SES replaces `Message-ID` and has no idempotency keys: a mail that is sent
 * again arrives twice, with one `X-Message-ID`. It rewrites links only for a configuration set that tracks
 * clicks, which the one of `MAIL_URL` must not: links hold tokens.
 *
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
export function createSesTransport(ses: SesUrl, { fetch, timeoutMilliseconds }: Http): Transport {
  const { accessKeyId, secretAccessKey, region } = ses
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 'ses' })
  return {
    async send(mail) {
      const url = `${ses.endpoint}/v2/email/outbound-emails`
      const body = JSON.stringify(toRequest(mail, ses))
      const unsigned = { 'Content-Type': 'application/json' }
      const { headers } = await client.sign(url, { method: 'POST', headers: unsigned, body })
      await post({ provider: 'SES', url, headers, body, errorName }, { fetch, timeoutMilliseconds })
    },
  }
}

function toRequest(mail: Mail, { configurationSet }: SesUrl) {
  const { from, replyTo, to, subject, text, html } = mail
  const content = (Data: string) => ({ Data, Charset: 'UTF-8' })
  return {
    FromEmailAddress: nameAddress({ ...from, name: encodeWords(from.name) }),
    Destination: { ToAddresses: [to] },
    ...(replyTo !== null && { ReplyToAddresses: [replyTo] }),
    Content: {
      Simple: {
        Subject: content(subject),
        Body: { Text: content(text), Html: content(html) },
        Headers: Object.entries(ownHeaders(mail)).map(([Name, Value]) => ({ Name, Value })),
      },
    },
    ...(configurationSet !== null && { ConfigurationSetName: configurationSet }),
  }
}

/** In the header `MessageRejected:http://…`, or in the body. */
function errorName(response: Response, answer: unknown): unknown {
  return response.headers.get('x-amzn-errortype')?.split(':')[0] ?? memberOf(answer, '__type')
}

/** An encoded word has 75 characters at most: `=?UTF-8?B?` and `?=` take 12, and 45 bytes 60 in base64. */
const MAX_WORD_BYTES = 45

/**
 * The name of a sender in ASCII, which SES demands of it alone: encoded words (RFC 2047), each with whole
 * characters.
 */
function encodeWords(name: string): string {
  if (/^[ -~]*$/.test(name)) return name
  const words: string[] = []
  let word = ''
  for (const character of name) {
    if (utf8(word + character).length > MAX_WORD_BYTES) {
      words.push(word)
      word = ''
    }
    word += character
  }
  const toBase64 = (text: string) => btoa(String.fromCharCode(...utf8(text)))
  return [...words, word].map((text) => `=?UTF-8?B?${toBase64(text)}?=`).join(' ')
}
