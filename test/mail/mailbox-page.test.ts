import { expect, test } from 'vitest'
import { mailboxPage } from '../../src/mail/mailbox-page.ts'
import type { MailboxItem } from '../../src/mail/message.ts'
import { createTestApp } from '../support/test-app.ts'

const item = (changes: Partial<MailboxItem>): MailboxItem => ({
  id: '019ac000-0000-7000-8000-000000000001',
  to: 'ada@example.com',
  kind: 'password_reset',
  subject: 'Choose a new password',
  text: 'Hello,\n\nChoose:\nhttps://app.example.com/reset#token=abc\n',
  html: '<p style="margin:0">Hello</p>',
  createdAt: new Date('2026-11-28T09:05:07.123Z'),
  ...changes,
})

test('the newest message is first, each with whom it went to, when, and its links', () => {
  const older = item({ subject: 'Older', createdAt: new Date('2026-11-28T09:05:07.122Z') })
  const page = String(mailboxPage([older, item({})]))
  expect(page.indexOf('<h2>Choose a new password</h2>')).toBeGreaterThan(0)
  expect(page.indexOf('<h2>Older</h2>')).toBeGreaterThan(page.indexOf('<h2>Choose a new password</h2>'))
  expect(page).toContain('<dd>ada@example.com</dd>')
  expect(page).toContain('<time datetime="2026-11-28T09:05:07.123Z">2026-11-28 09:05:07 UTC</time>')
  const link = 'https://app.example.com/reset#token=abc'
  expect(page).toContain(`<a href="${link}">${link}</a>`)
  expect(page).toContain(
    'sandbox loading="lazy" title="Choose a new password" srcdoc="&lt;p style=&quot;margin:0&quot;&gt;',
  )
})

test('an empty mailbox says so', () => {
  expect(String(mailboxPage([]))).toContain('No message yet.')
})

test('nothing of a message is markup of the page', () => {
  const evil =
    '"></iframe></pre><script>alert(1)</script> https://evil.com/"onclick="alert(1) javascript:alert(1)'
  const page = String(
    mailboxPage([item({ id: evil, to: evil, kind: evil, subject: evil, text: evil, html: evil })]),
  )
  const tags = (markup: string) => (markup.match(/<[a-z/][^>]*>/g) ?? []).map((tag) => tag.split(/[\s>]/)[0])
  const tame = String(mailboxPage([item({ text: 'https://example.com' })]))
  expect(tags(page)).toEqual(tags(tame))
  expect(page).not.toMatch(/<script|href="javascript:|\sonclick=/)
  expect(page).toContain('<a href="https://evil.com/">https://evil.com/</a>')
})

test('the policy lets this page alone show inline styles, and no page run anything', async () => {
  const { request } = await createTestApp()
  const policyOf = async (path: string) => (await request(path)).headers.get('Content-Security-Policy') ?? ''
  for (const path of ['/dev/mail', '/dev/mail/']) {
    expect(await policyOf(path)).toContain("style-src 'self' 'unsafe-inline'")
    expect(await policyOf(path)).toContain("default-src 'none'")
    expect(await policyOf(path)).not.toContain('script-src')
  }
  for (const path of ['/', '/problems/not_found', '/dev/mail/x', '/dev', '/users/me']) {
    expect(await policyOf(path), path).not.toContain('unsafe-inline')
  }
})
