import {
  MESSAGE_NAMES,
  type MessageLinks,
  type MessageName,
  type MessageValues,
} from '../../src/mail/message.ts'
import { BUILT_IN } from '../../src/mail/messages/catalogue.ts'
import type { Brand } from '../../src/mail/messages/message-parts.ts'
import { renderMessage } from '../../src/mail/messages/render.ts'

/** A token as long as real ones are. */
const TOKEN = 'k7Qz3vJmT2xWbY9nRf4LsD8cHgA6eP1u'.repeat(4)
const app = 'https://app.example.com'

export const BRAND: Brand = { productName: 'LumaScope', productUrl: app, logoUrl: null }
export const EVERY_MESSAGE = Object.keys(BUILT_IN).flatMap((language) =>
  MESSAGE_NAMES.map((name) => ({ language, name })),
)

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'

const ABOUT_ADDRESSES = ['email_change', 'email_changed', 'email_change_requested', 'email_change_completed']
const BY_ADMINISTRATORS = ['invitation', 'account_disabled', 'account_deleted']
/** By message: the path of the link that does something. */
const ACTIONS: Partial<Record<MessageName, string>> = {
  password_reset: 'reset-password',
  invitation: 'reset-password',
  email_verification: 'verify-email',
  email_change: 'verify-email',
  email_changed: 'undo-email-change',
}

/** What a message is sent with, in a typical case. */
export function typical(name: MessageName): { values: MessageValues; links: MessageLinks } {
  const path = ACTIONS[name]
  return {
    values: {
      email: 'ada@example.com',
      username: 'ada',
      newEmail: ABOUT_ADDRESSES.includes(name) ? 'lovelace@example.org' : null,
      at: new Date('2026-11-28T09:05:00Z'),
      expiresAt: path ? new Date('2026-11-29T10:05:00Z') : null,
      client: BY_ADMINISTRATORS.includes(name) ? null : { address: '203.0.113.7', userAgent: FIREFOX },
    },
    links: {
      action: path ? `${app}/account/${path}#token=${TOKEN}` : null,
      reject: name === 'email_verification' ? `${app}/account/reject-email#token=${TOKEN}` : null,
      recover: `${app}/account/forgot-password`,
    },
  }
}

type Changes = { values?: Partial<MessageValues>; links?: Partial<MessageLinks>; brand?: Partial<Brand> }

/** A message in a typical case, with some of it changed. */
export function renderTypical(name: MessageName, language = 'en', { values, links, brand }: Changes = {}) {
  const catalogue = BUILT_IN[language]
  if (!catalogue) throw new Error(`No catalogue: ${language}`)
  const usual = typical(name)
  return renderMessage({
    name,
    language,
    catalogue,
    values: { ...usual.values, ...values },
    links: { ...usual.links, ...links },
    brand: { ...BRAND, ...brand },
  })
}

/** Values that strangers would send, had the schemas let them through. */
export const HOSTILE: Readonly<Record<string, string>> = {
  markup: `<script>alert(1)</script><img src=x onerror=alert(1)>`,
  'the end of an attribute': `"><a href="https://evil.com">click</a>`,
  'a single quote': `' onmouseover='alert(1)`,
  'an entity': '&lt;b&gt;&#x3c;script&#x3e;',
  'a comment': '--><!--[if mso]><b>',
  'a line break': 'ada\r\nBcc: victim@example.com\r\n\r\nFree money',
  'another line break': 'ada\u2028evil\u2029\u0085end',
  'a bidirectional override': 'ada\u202Emoc.live\u202C\u2066x\u2069',
  'zero-width characters': 'a\u200Bd\u200Da\uFEFF\u00AD',
  'a NUL and an escape': 'ada\u0000\u001B[31m',
  'half a surrogate': 'ada\uD800',
  'a host name': 'evil.com',
  'an address': 'https://evil.com/login?next=//evil.org',
  'a wide host name': 'evil。com',
  'a mailbox': 'mailto:security@evil.com',
  script: 'javascript:alert(1)',
  'a placeholder': '{expires} {product} {newEmail} $& $1 %s',
  'a long word': 'x'.repeat(10_000),
  'many words': 'call 0900 123456 now '.repeat(500),
}
