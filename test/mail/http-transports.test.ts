import { createHash, createHmac } from 'node:crypto'
import { describe, expect, inject, test } from 'vitest'
import * as z from 'zod/mini'
import { createTransport } from '../../src/mail/create-transport.ts'
import { mailUrl } from '../../src/mail/mail-url.ts'
import { type Mail, TransportError } from '../../src/mail/transport.ts'
import { HOSTILE, MAIL, type ProviderBehaviour, type ProviderRequest, TRICKY } from '../support/mails.ts'

const SECRET = 'canary/secret'
const BASES = {
  Resend: 'resend:re_canary-secret',
  Postmark: 'postmark:canary-secret',
  SES: `ses://AKIAEXAMPLE012345678:${encodeURIComponent(SECRET)}@eu-central-1`,
}
type Provider = keyof typeof BASES
const PROVIDERS = Object.keys(BASES) as Provider[]

const PATHS = { Resend: '/emails', Postmark: '/email', SES: '/v2/email/outbound-emails' }

/** A transport whose provider behaves as given; `asked` returns the requests since its last call. */
function open(provider: Provider, behaviour: ProviderBehaviour, parameters = '') {
  const server = inject('mailProviderUrl')
  const who = crypto.randomUUID()
  const path = `/${behaviour}/${who}`
  const endpoint = behaviour === 'refuses-connections' ? 'http://127.0.0.1:1' : server + path
  const url = z.parse(mailUrl, `${BASES[provider]}?endpoint=${endpoint}${parameters}`)
  const transport = createTransport(url, {
    fetch: (...args) => fetch(...args),
    binding: () => undefined,
    timeoutMilliseconds: /hangs|stalls/.test(behaviour) ? 300 : 10_000,
  })
  if (!transport) throw new Error('No transport')
  const asked = async () => (await (await fetch(`${server}/requests/${who}`)).json()) as ProviderRequest[]
  return { send: (mail: Mail) => transport.send(mail), asked, path }
}

/** What one mail was sent as. */
async function requestFor(provider: Provider, mail: Mail, parameters?: string) {
  const { send, asked, path } = open(provider, 'accepts', parameters)
  await send(mail)
  const requests = await asked()
  expect(requests).toHaveLength(1)
  const [request] = requests as [ProviderRequest]
  expect(request).toMatchObject({ method: 'POST', path: path + PATHS[provider] })
  expect(request.headers['content-type']).toBe('application/json')
  return { ...request, json: JSON.parse(request.body) as unknown }
}

const named = (headers: Record<string, string>) =>
  Object.entries(headers).map(([Name, Value]) => ({ Name, Value }))

const ID = `<${MAIL.messageId}>`
const OWN = { 'X-Message-ID': ID, 'Auto-Submitted': 'auto-generated' }

describe('a mail is sent as the provider documents it', () => {
  test('Resend', async () => {
    const { headers, json } = await requestFor('Resend', MAIL)
    expect(headers['authorization']).toBe('Bearer re_canary-secret')
    expect(headers['idempotency-key']).toBe(MAIL.messageId)
    expect(json).toEqual({
      from: 'Acme <accounts@example.com>',
      to: ['ada@example.org'],
      reply_to: 'help@example.com',
      subject: MAIL.subject,
      text: MAIL.text,
      html: MAIL.html,
      headers: { 'Message-ID': ID, ...OWN },
    })
  })

  test('Postmark, which must not rewrite links', async () => {
    const { headers, json } = await requestFor('Postmark', MAIL)
    expect(headers['x-postmark-server-token']).toBe('canary-secret')
    expect(json).toEqual({
      From: 'Acme <accounts@example.com>',
      To: 'ada@example.org',
      ReplyTo: 'help@example.com',
      Subject: MAIL.subject,
      TextBody: MAIL.text,
      HtmlBody: MAIL.html,
      Headers: named({ 'Message-ID': ID, 'X-PM-KeepID': 'true', ...OWN }),
      MessageStream: 'outbound',
      TrackOpens: false,
      TrackLinks: 'None',
    })
    const other = await requestFor('Postmark', MAIL, '&stream=accounts')
    expect(other.json).toMatchObject({ MessageStream: 'accounts' })
  })

  test('SES', async () => {
    const { json } = await requestFor('SES', MAIL)
    const content = (Data: string) => ({ Data, Charset: 'UTF-8' })
    const expected = {
      FromEmailAddress: 'Acme <accounts@example.com>',
      Destination: { ToAddresses: ['ada@example.org'] },
      ReplyToAddresses: ['help@example.com'],
      Content: {
        Simple: {
          Subject: content(MAIL.subject),
          Body: { Text: content(MAIL.text), Html: content(MAIL.html) },
          Headers: named(OWN),
        },
      },
    }
    expect(json).toEqual(expected)
    const other = await requestFor('SES', MAIL, '&configuration_set=accounts')
    expect(other.json).toEqual({ ...expected, ConfigurationSetName: 'accounts' })
  })

  test('without replyTo there is none', async () => {
    for (const provider of PROVIDERS) {
      const { body } = await requestFor(provider, { ...MAIL, replyTo: null })
      expect(body).not.toMatch(/reply/i)
    }
  })
})

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
test('SES: the signature is the one that AWS computes', async () => {
  const { headers, path, body } = await requestFor('SES', { ...MAIL, subject: 'Grüße 🚀' })
  const { authorization = '', 'x-amz-date': date = '', host = '' } = headers
  expect(date).toMatch(/^\d{8}T\d{6}Z$/)
  const scope = `${date.slice(0, 8)}/eu-central-1/ses/aws4_request`
  const signed = `host:${host}\nx-amz-date:${date}\n`
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  const canonical = `POST\n${path}\n\n${signed}\nhost;x-amz-date\n${digest(body)}`
  const hmac = (key: string | Uint8Array, text: string) => createHmac('sha256', key).update(text).digest()
  const key = [date.slice(0, 8), 'eu-central-1', 'ses', 'aws4_request'].reduce<string | Uint8Array>(
    hmac,
    `AWS4${SECRET}`,
  )
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${digest(canonical)}`)
  expect(authorization).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE012345678/${scope}, SignedHeaders=host;x-amz-date, ` +
      `Signature=${signature.toString('hex')}`,
  )
})

/** What a failure is reported as; of an error's name, each provider has its own place. */
const FAILURES: [ProviderBehaviour, (provider: Provider) => string | RegExp][] = [
  ['answers-422', (provider) => `answered 422 (${provider === 'Postmark' ? '300' : 'validation_error'})`],
  ['answers-429', (provider) => `answered 429 (${provider === 'Postmark' ? '300' : 'rate_limit_exceeded'})`],
  [
    'answers-500',
    (provider) => `answered 500 (${provider === 'Postmark' ? '300' : 'internal_server_error'})`,
  ],
  ['names-no-token', (provider) => `answered 400${provider === 'Postmark' ? ' (300)' : ''}`],
  ['answers-html', () => 'answered 403'],
  ['answers-null', () => 'answered 400'],
  ['answers-nothing', () => 'answered 400'],
  ['refuses-endlessly', () => 'answered 400'],
  ['stalls-while-refusing', () => 'answered 400'],
  ['redirects-302', () => 'answered 302'],
  ['redirects-307', () => 'answered 307'],
  ['hangs', () => 'did not answer in time'],
  ['refuses-connections', () => /^could not be reached( \([A-Z_]+\))?$/],
  ['resets', () => /^could not be reached( \([A-Z_]+\))?$/],
  ['answers-garbage', () => /^could not be reached( \([A-Z_]+\))?$/],
]

describe.each(PROVIDERS)('%s', (provider) => {
  test.each(FAILURES)('%s: the mail counts as not taken over', async (behaviour, reasonOf) => {
    const { send, asked } = open(provider, behaviour)
    const error: unknown = await send(MAIL).then(
      () => null,
      (reason: unknown) => reason,
    )
    if (!(error instanceof TransportError)) throw new Error(`Not a TransportError: ${error}`)
    expect(error.message.slice(0, provider.length + 1)).toBe(`${provider} `)
    const reason = error.message.slice(provider.length + 1)
    const expected = reasonOf(provider)
    if (typeof expected === 'string') expect(reason).toBe(expected)
    else expect(reason).toMatch(expected)
    // Neither the provider's text nor anything of the mail, nor where it comes from.
    expect(error.cause).toBeUndefined()
    expect(JSON.stringify([error.message, error])).not.toMatch(/canary|ada@|accounts@|127\.0\.0\.1/)
    // A redirect that is followed would be a second one, and so would a retry.
    expect(await asked()).toHaveLength(behaviour === 'refuses-connections' ? 0 : 1)
  })

  test('an answer that never ends is not waited for', async () => {
    const { send } = open(provider, 'accepts-endlessly')
    const started = Date.now()
    await send(MAIL)
    expect(Date.now() - started).toBeLessThan(8000)
  })

  test('a hostile mail is not sent (row 116)', async () => {
    let calls = 0
    const count = () => {
      calls++
      return Promise.reject(new Error('sent'))
    }
    const platform = { fetch: count, binding: () => undefined }
    const transport = createTransport(z.parse(mailUrl, BASES[provider]), platform)
    for (const [name, mail] of HOSTILE) {
      await expect(transport?.send(mail), name).rejects.toThrow('The mail was not sent')
    }
    expect(calls).toBe(0)
  })

  test.each(TRICKY)('%s: one recipient, and no other headers', async (_, mail) => {
    const { json } = await requestFor(provider, mail)
    expect(outlineOf(provider, json)).toEqual({
      to: [mail.to],
      subject: mail.subject,
      from: { name: mail.from.name, address: mail.from.address },
      headers: provider === 'SES' ? OWN : { 'Message-ID': ID, ...OWN },
    })
  })
})

type Body = {
  from: string
  From: string
  FromEmailAddress: string
  to: string[]
  To: string
  Destination: { ToAddresses: string[] }
  subject: string
  Subject: string
  headers: Record<string, string>
  Headers: { Name: string; Value: string }[]
  Content: {
    Simple: { Subject: { Data: string }; Headers: { Name: string; Value: string }[] }
  }
}

/** What the provider makes of a request. */
function outlineOf(provider: Provider, json: unknown) {
  const body = json as Body
  const toRecord = (list: { Name: string; Value: string }[]) =>
    Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]))
  if (provider === 'Resend') {
    const { from, to, subject, headers } = body
    return { from: parseNameAddress(from), to, subject, headers }
  }
  if (provider === 'Postmark') {
    const { 'X-PM-KeepID': keep, ...headers } = toRecord(body.Headers)
    expect(keep).toBe('true')
    return { from: parseNameAddress(body.From), to: [body.To], subject: body.Subject, headers }
  }
  const { Subject, Headers } = body.Content.Simple
  expect(body.FromEmailAddress).toMatch(/^[ -~]*$/)
  const from = parseNameAddress(body.FromEmailAddress)
  return {
    from: { ...from, name: decodeWords(from.name) },
    to: body.Destination.ToAddresses,
    subject: Subject.Data,
    headers: toRecord(Headers),
  }
}

/** `name-addr` of RFC 5322 section 3.4, read strictly. */
function parseNameAddress(text: string) {
  const quoted = /^"((?:[^"\\]|\\.)*)" <([^<>]+)>$/.exec(text)
  if (quoted) return { name: quoted[1]?.replaceAll(/\\(.)/g, '$1') ?? '', address: quoted[2] }
  const plain = /^([^"<>,;:@()[\]\\]+) <([^<>]+)>$/.exec(text)
  return plain ? { name: plain[1] ?? '', address: plain[2] } : { name: '', address: text }
}

/** Encoded words that we made: those of an ASCII name are the name itself. */
function decodeWords(name: string): string {
  if (!/^=\?UTF-8\?B\?/.test(name)) return name
  return name
    .split(' ')
    .map((word) => {
      expect(word.length).toBeLessThanOrEqual(75)
      const base64 = /^=\?UTF-8\?B\?([A-Za-z0-9+/=]+)\?=$/.exec(word)?.[1] ?? ''
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      // Strict: each word has whole characters.
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    })
    .join('')
}
