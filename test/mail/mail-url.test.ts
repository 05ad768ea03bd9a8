import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { mailUrl } from '../../src/mail/mail-url.ts'

const read = (text: string) => z.parse(mailUrl, text)
const problemsOf = (text: string) => {
  const { error } = z.safeParse(mailUrl, text)
  return error?.issues.map(({ message }) => message) ?? []
}

const SES_KEYS = { accessKeyId: 'AKIAEXAMPLE012345678', secretAccessKey: 'a/b+c=' }
const SES = 'ses://AKIAEXAMPLE012345678:a%2Fb+c%3D@eu-central-1'
const SMTP = { kind: 'smtp', port: 587, tls: 'starttls', credentials: null }
const ADA = { user: 'ada', password: 'secret' }

test('off is off', () => {
  expect(read('off')).toEqual({ kind: 'off' })
})

describe('a provider with an API', () => {
  test.each([
    ['resend:re_1-a.B', { kind: 'resend', apiKey: 're_1-a.B', endpoint: 'https://api.resend.com' }],
    [
      'resend:re_1?endpoint=https://proxy.example/resend/',
      { kind: 'resend', apiKey: 're_1', endpoint: 'https://proxy.example/resend' },
    ],
    [
      'resend:re_1?endpoint=http%3A%2F%2F127.0.0.1%3A8025',
      { kind: 'resend', apiKey: 're_1', endpoint: 'http://127.0.0.1:8025' },
    ],
    [
      'postmark:0a1b-2c',
      {
        kind: 'postmark',
        serverToken: '0a1b-2c',
        stream: 'outbound',
        endpoint: 'https://api.postmarkapp.com',
      },
    ],
    [
      'postmark:POSTMARK_API_TEST?stream=accounts-1&endpoint=http://localhost:1',
      {
        kind: 'postmark',
        serverToken: 'POSTMARK_API_TEST',
        stream: 'accounts-1',
        endpoint: 'http://localhost:1',
      },
    ],
    [
      SES,
      {
        kind: 'ses',
        ...SES_KEYS,
        region: 'eu-central-1',
        configurationSet: null,
        endpoint: 'https://email.eu-central-1.amazonaws.com',
      },
    ],
    [
      `${SES.replace('eu-central-1', 'us-gov-west-1')}?configuration_set=no-tracking`,
      {
        kind: 'ses',
        ...SES_KEYS,
        region: 'us-gov-west-1',
        configurationSet: 'no-tracking',
        endpoint: 'https://email.us-gov-west-1.amazonaws.com',
      },
    ],
    ['cloudflare:', { kind: 'cloudflare', binding: 'EMAIL' }],
    ['cloudflare:SEND_MAIL', { kind: 'cloudflare', binding: 'SEND_MAIL' }],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected)
  })
})

describe('an SMTP server', () => {
  test.each([
    ['smtp://mail.example.com', { ...SMTP, host: 'mail.example.com' }],
    ['smtp://ada:secret@mail.example.com', { ...SMTP, host: 'mail.example.com', credentials: ADA }],
    ['smtp://mail.example.com:25/', { ...SMTP, host: 'mail.example.com', port: 25 }],
    // The ports that `new URL` drops, for one scheme or another.
    ['smtp://mail.example.com:80', { ...SMTP, host: 'mail.example.com', port: 80 }],
    ['smtp://mail.example.com:443', { ...SMTP, host: 'mail.example.com', port: 443 }],
    ['smtp://MAIL.Example.com', { ...SMTP, host: 'mail.example.com' }],
    ['smtp://[2001:DB8::1]:2525', { ...SMTP, host: '2001:db8::1', port: 2525 }],
    ['smtps://mail.example.com', { ...SMTP, host: 'mail.example.com', port: 465, tls: 'implicit' }],
    [
      'smtps://a%40b:p%3A%2F%20%C3%A4@mail.example.com:4650',
      {
        ...{ kind: 'smtp', host: 'mail.example.com', port: 4650, tls: 'implicit' },
        credentials: { user: 'a@b', password: 'p:/ ä' },
      },
    ],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected)
  })

  test.each(['localhost', '127.0.0.1', '127.1', '2130706433', '0x7f.1', '[::1]', 'LOCALHOST'])(
    'on this machine (%s) may be without TLS, and does not have to',
    (host) => {
      expect(read(`smtp://${host}:1025`)).toMatchObject({ tls: 'none' })
      expect(read(`smtp://${host}:1025?starttls=required`)).toMatchObject({ tls: 'starttls' })
      expect(read(`smtps://${host}:1025`)).toMatchObject({ tls: 'implicit' })
    },
  )

  test.each([
    'mail.localhost',
    'localhost.',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '128.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '[::2]',
    '[::ffff:10.0.0.1]',
  ])('elsewhere (%s) never is', (host) => {
    expect(read(`smtp://ada:secret@${host}`)).toMatchObject({ tls: 'starttls' })
  })
})

const KEY = 'canary-secret'

describe('everything else is refused, and nothing of it is quoted', () => {
  test.each([
    '',
    'on',
    'OFF',
    ' off',
    'off?',
    KEY,
    `https://api.resend.com/?key=${KEY}`,
    `sendgrid:${KEY}`,
    `__proto__:${KEY}`,
    `constructor:${KEY}`,
    'resend:',
    `resend://${KEY}`,
    `RESEND:${KEY}`,
    `resend:${KEY}/x`,
    `resend:${KEY}\r\nX-Evil: 1`,
    `resend:${KEY}\u0000`,
    `resend:${KEY}ä`,
    `resend:${KEY}#x`,
    `resend:${KEY}?stream=x`,
    `resend:${KEY}?endpoint=http://mail.example.com`,
    `resend:${KEY}?endpoint=http://127.0.0.1.evil.example`,
    `resend:${KEY}?endpoint=https://ada:${KEY}@proxy.example`,
    `resend:${KEY}?endpoint=https://proxy.example/%3Fx=${KEY}`,
    `resend:${KEY}?endpoint=https://proxy.example%23${KEY}`,
    `resend:${KEY}?endpoint=file:///etc/passwd`,
    `resend:${KEY}?endpoint=`,
    `resend:${KEY}?endpoint=https://a.example&endpoint=https://b.example`,
    `resend:${KEY}?__proto__=x`,
    'postmark:',
    `postmark:${KEY}?stream=`,
    `postmark:${KEY}?stream=a%0D%0Ab`,
    `postmark:${KEY}?TrackLinks=HtmlAndText`,
    `ses://AKIAEXAMPLE012345678:${KEY}`,
    `ses://AKIAEXAMPLE012345678@eu-central-1`,
    `ses://AKIAEXAMPLE012345678:${KEY}/x@eu-central-1`,
    `ses://AKIAEXAMPLE012345678:${KEY}%0A@eu-central-1`,
    `ses://AKIAEXAMPLE012345678:${KEY}%@eu-central-1`,
    `ses://AKIAEXAMPLE012345678:${KEY}@evil.example`,
    `ses://AKIAEXAMPLE012345678:${KEY}@eu-central-1.evil.example`,
    `ses://AKIAEXAMPLE012345678:${KEY}@eu-central-1/x`,
    `ses://AKIAEXAMPLE012345678:${KEY}@eu-central-1?configuration_set=a b`,
    'cloudflare://EMAIL',
    'cloudflare:MY EMAIL',
    'cloudflare:EMAIL?endpoint=https://proxy.example',
    `smtp:${KEY}`,
    'smtp://',
    'smtp://:587',
    `smtp://ada@mail.example.com`,
    `smtp://ada:@mail.example.com`,
    `smtp://:${KEY}@mail.example.com`,
    `smtp://ada:${KEY}@`,
    `smtp://ada:${KEY}@mail.example.com:0`,
    `smtp://ada:${KEY}@mail.example.com:65536`,
    `smtp://ada:${KEY}@mail.example.com:587x`,
    `smtp://ada:${KEY}@mail.example.com/inbox`,
    `smtp://ada:${KEY}@mail.example.com#x`,
    // Programs disagree on which host these name.
    `smtp://ada:${KEY}@evil.example\\@mail.example.com`,
    `smtp://ada:${KEY}@evil.example@mail.example.com`,
    `smtp://ada:${KEY}@evil.example:25@mail.example.com`,
    `smtp://ada:${KEY}@[::1]evil.example`,
    `smtp://ada:${KEY}@[::1`,
    `smtp://ada:${KEY}@127.0.0.1%2eevil.example`,
    `smtp://ada:${KEY}@evil%00.example`,
    `smtp://ada:${KEY}@mäil.example`,
    `smtp://ada:${KEY}@256.256.256.256`,
    `smtp://ada:${KEY}@mail.exa\tmple.com`,
    `smtp://ada:${KEY}@mail.example.com\r\n`,
    // NUL would separate another user and password in AUTH PLAIN.
    `smtp://ada%00eve:${KEY}@mail.example.com`,
    `smtp://ada:${KEY}%0D%0ARSET@mail.example.com`,
    `smtp://ada:${KEY}%FF@mail.example.com`,
    `smtp://ada:${KEY}@mail.example.com?starttls=optional`,
    `smtp://ada:${KEY}@mail.example.com?starttls=`,
    `smtp://ada:${KEY}@mail.example.com?tls.rejectUnauthorized=false`,
    `smtp://ada:${KEY}@mail.example.com?ignoreTLS=true`,
    `smtp://ada:${KEY}@mail.example.com?secure=false`,
    `smtps://ada:${KEY}@mail.example.com?starttls=required`,
    `smtps://ada:${KEY}@mail.example.com?endpoint=https://proxy.example`,
  ])('%j', (text) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^(must|has|repeats) /)
    expect(problems.join()).not.toMatch(/canary|AKIAEXAMPLE|evil/)
  })

  test('what is said helps to write it right', () => {
    expect(problemsOf('mailgun:x')[0]).toContain('must be off, resend:<API key>')
    expect(problemsOf('ses://AKIAEXAMPLE012345678:a/b@eu-central-1')[0]).toContain('%2F')
    expect(problemsOf('smtp://ada:p@ss@mail.example.com')[0]).toContain('percent-encoded')
    expect(problemsOf('resend:re_1?apikey=x')[0]).toContain('unknown parameter')
  })
})
