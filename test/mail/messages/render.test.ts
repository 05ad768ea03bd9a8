import { describe, expect, test } from 'vitest'
import { ENGLISH } from '../../../src/mail/messages/catalogue.ts'
import { renderMessage } from '../../../src/mail/messages/render.ts'
import { unlinkable } from '../../../src/mail/messages/unlink.ts'
import { BRAND, EVERY_MESSAGE, HOSTILE, renderTypical, typical } from '../../support/messages.ts'

const tagsOf = (html: string) => html.match(/<[^>]*>/g) ?? []
const withoutPreheader = (html: string) => html.replace(/<div style="display:none[\s\S]*?<\/div>/, '')

describe.each(EVERY_MESSAGE)('$name in $language', ({ name, language }) => {
  const { links, values } = typical(name)
  const { subject, text, html } = renderTypical(name, language)

  test('has no placeholder left, and its links are ours', () => {
    for (const part of [subject, text, withoutPreheader(html)])
      expect(part).not.toMatch(/\{[a-zA-Z]*\}|undefined|null/)
    const ours = [links.action, links.reject, links.recover, BRAND.productUrl]
    const targets = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, url]) => url)
    expect(targets.filter((url) => !ours.includes(url ?? ''))).toEqual([])
    for (const link of [links.action, links.reject]) {
      if (link) expect(targets).toContain(link)
      if (link) expect(text.split('\n')).toContain(link)
    }
  })

  test('loads nothing, runs nothing, and says its language', () => {
    expect(html).not.toMatch(/<(script|img|link|iframe|form|object|video)\b|url\(|@import|\son\w+=/i)
    expect(html).toMatch(new RegExp(`^<!doctype html>\n<html lang="${language}" dir="ltr">`))
    expect(html).toContain('prefers-color-scheme: dark')
  })

  test('its text has short lines but for addresses, and its subject is short', () => {
    const long = text.split('\n').filter((line) => [...line].length > 72 && !line.startsWith('https://'))
    expect(long).toEqual([])
    expect(subject.length).toBeLessThan(70)
    expect(subject).not.toMatch(/ada|lovelace|@|\n/)
  })

  test('says which account it is about, when, and from where', () => {
    const { email, newEmail, client } = values
    const about = [email, newEmail].flatMap((address) => (address ? [unlinkable(address)] : []))
    const flat = text.replaceAll('\n', ' ')
    expect(about.some((address) => flat.includes(address))).toBe(true)
    expect(flat.includes('203.0.113.7')).toBe(client !== null)
    expect(/Firefox (on|unter) Windows/.test(flat)).toBe(client !== null)
    expect(/2026 (at|um) (09|10):05/.test(flat)).toBe(true)
  })

  test.each(Object.entries(HOSTILE))('%s in any value changes no markup and no line', (_, value) => {
    const client = { address: value, userAgent: value }
    const hostile = renderTypical(name, language, {
      values: { email: value, username: value, newEmail: value, ...(values.client && { client }) },
    })
    expect(hostile.subject).toBe(subject)
    expect(tagsOf(hostile.html)).toEqual(tagsOf(html))
    expect(hostile.html).not.toContain('evil.com')
    expect(hostile.text).not.toMatch(/evil\.com|javascript:alert|[^\P{C}\n\u2060]/u)
    expect(hostile.text).not.toMatch(/^(Bcc:|Free money)/m)
    const known = /^(Network address|Netzwerkadresse): (?!un(known|bekannt)$)/m
    expect(hostile.text).not.toMatch(known)
  })
})

test('a verification says who registered; a name is in no greeting', () => {
  const { text, html } = renderTypical('email_verification', 'en', { values: { username: 'evil.com' } })
  expect(text).toContain('Username: evil.\u2060com\nEmail address: ada@\u2060example.\u2060com\nWhen: ')
  expect(html).toContain('evil.\u2060com</td>')
  expect(text.startsWith('Hello,\n')).toBe(true)
  expect(renderTypical('email_verification', 'en', { values: { username: null } }).text).not.toContain(
    'Username',
  )
})

test('the message to a new address does not tell its owner the old one', () => {
  const { text, html } = renderTypical('email_change')
  expect(text + html).not.toMatch(/ada/)
})

test('details are left out where the client is not for the reader, and unknown ones are called so', () => {
  expect(renderTypical('password_changed', 'en', { values: { client: null } }).text).not.toContain('Browser')
  const { text } = renderTypical('password_changed', 'en', {
    values: { client: { address: null, userAgent: null } },
  })
  expect(text).toContain('Network address: unknown\nBrowser: unknown\n')
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
  ['fe.de', 'unknown'],
  ['evil.com', 'unknown'],
  ['203.0.113.7.evil', 'unknown'],
  ['', 'unknown'],
])('the network address %j is shown as %s', (address, shown) => {
  const { text } = renderTypical('new_device', 'en', { values: { client: { address, userAgent: null } } })
  expect(text).toContain(`Network address: ${shown}\n`)
})

test('a logo is the only thing that is loaded, and has the name of the product', () => {
  const brand = { logoUrl: 'https://app.example.com/logo.png?a=1&b="', productName: 'Ada & "Co" <b>' }
  const { html, subject } = renderTypical('password_changed', 'en', { brand })
  expect(html.match(/<img [^>]*>/g)).toEqual([
    expect.stringContaining(
      'src="https://app.example.com/logo.png?a=1&amp;b=&quot;" alt="Ada &amp; &quot;Co&quot; &lt;b&gt;"',
    ),
  ])
  expect(subject).toBe('Your Ada & "Co" <b> password was changed')
})

test('languages that are written from right to left', () => {
  const render = (language: string) =>
    renderMessage({
      name: 'password_changed',
      language,
      catalogue: ENGLISH,
      brand: BRAND,
      ...typical('password_changed'),
    })
  expect(render('ar-EG').html).toContain('<html lang="ar-EG" dir="rtl">')
  expect(render('arn').html).toContain('<html lang="arn" dir="ltr">')
})

test('a value that the words need must be there', () => {
  const values = { expiresAt: null }
  expect(() => renderTypical('password_reset', 'en', { values })).toThrow(
    'A message has no value for {expires}',
  )
})
