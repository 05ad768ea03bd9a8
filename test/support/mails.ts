import type { Mail } from '../../src/mail/transport.ts'

/** How the stand-in for providers answers. A file of its own, as tests in workerd can't import the server. */
export type ProviderBehaviour =
  | 'accepts'
  | 'accepts-endlessly'
  | 'answers-422'
  | 'answers-429'
  | 'answers-500'
  | 'names-no-token'
  | 'answers-html'
  | 'answers-null'
  | 'answers-nothing'
  | 'refuses-endlessly'
  | 'stalls-while-refusing'
  | 'redirects-302'
  | 'redirects-307'
  | 'refuses-connections'
  | 'hangs'
  | 'resets'
  | 'answers-garbage'

/** A request as the stand-in received it. */
export type ProviderRequest = { method: string; path: string; headers: Record<string, string>; body: string }

export const MAIL: Mail = {
  messageId: 'b7b6a1f2.1@auth.example.com',
  from: { name: 'Acme', address: 'accounts@example.com' },
  replyTo: 'help@example.com',
  to: 'ada@example.org',
  subject: 'Reset your password',
  text: 'Open https://app.example.com/reset#canary-token\n.\nThe end',
  html: '<p>Open <a href="https://app.example.com/reset#canary-token">this</a></p>',
}

/** What tries to end a line or a string, to add a header, a recipient or a command. */
const BREAKS = ['\r\n', '\n', '\r', '\0', '\u0085', '\u2028', '\u2029', '\u001b', '\t', '\u007f']

const ADDRESSES = [
  ...BREAKS.flatMap((end) => [
    `ada@example.org${end}`,
    `${end}ada@example.org`,
    `ada@example.org${end}Bcc: eve@evil.example`,
    `ada@example.org>${end}RCPT TO:<eve@evil.example`,
  ]),
  'ada@example.org, eve@evil.example',
  'ada@example.org;eve@evil.example',
  'ada@example.org eve@evil.example',
  'Ada <ada@example.org>',
  '<ada@example.org>',
  '"ada\\"@evil.example"@example.org',
  'ada@example.org> SIZE=1',
  'ada@[127.0.0.1]',
  'ada@localhost',
  'ädä@example.org',
  `${'a'.repeat(250)}@example.org`,
  '',
]

const LINES = [
  ...BREAKS.map((end) => `Hello${end}Bcc: eve@evil.example`),
  '=?UTF-8?Q?=0D=0ABcc:_eve=40evil.example?=',
  'Hello =?utf-8*en?b?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?= there',
  'half \ud800 a character',
]

/** Mails that must never leave, each with its name. */
export const HOSTILE: [string, Mail][] = [
  ...ADDRESSES.flatMap((address): [string, Mail][] => [
    [`to ${JSON.stringify(address)}`, { ...MAIL, to: address }],
    [`replyTo ${JSON.stringify(address)}`, { ...MAIL, replyTo: address }],
    [`from ${JSON.stringify(address)}`, { ...MAIL, from: { name: '', address } }],
    [`messageId ${JSON.stringify(address)}`, { ...MAIL, messageId: `<${address}>` }],
  ]),
  ...LINES.flatMap((line): [string, Mail][] => [
    [`subject ${JSON.stringify(line)}`, { ...MAIL, subject: line }],
    [`name ${JSON.stringify(line)}`, { ...MAIL, from: { ...MAIL.from, name: line } }],
    [`messageId ${JSON.stringify(line)}`, { ...MAIL, messageId: `${line}@example.com` }],
  ]),
]

/** Mails that are right, and look like something else to whoever parses them carelessly. */
export const TRICKY: [string, Mail][] = [
  ...[
    '',
    'Acme, Inc.',
    'eve@evil.example',
    'Eve <eve@evil.example>, x',
    '"Acme" \\',
    '\\"<eve@evil.example>',
    'Acme: eve@evil.example;',
    'Acme =? x ?=',
    'Café Zürich (東京) 🚀',
    'ü'.repeat(100),
  ].map((name): [string, Mail] => [
    `name ${JSON.stringify(name)}`,
    { ...MAIL, from: { ...MAIL.from, name } },
  ]),
  ...['Bcc: eve@evil.example', 'Grüße, 東京 🚀', `${'long '.repeat(190)}end`, 'ü'.repeat(300)].map(
    (subject): [string, Mail] => [`subject ${JSON.stringify(subject.slice(0, 50))}`, { ...MAIL, subject }],
  ),
  ['an odd address', { ...MAIL, to: "o'neil+{x}/!#$%&=?^`|~@example.org" }],
  ['no replyTo', { ...MAIL, replyTo: null }],
  [
    'a body like the end of the message',
    { ...MAIL, text: '.\r\n.\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<eve@evil.example>\n.\n' },
  ],
  ['a body with a boundary', { ...MAIL, text: '--boundary--\nContent-Type: text/html\n\n<b>x</b>' }],
  ['a long line', { ...MAIL, html: `<p>${'x'.repeat(5000)}</p>` }],
]
