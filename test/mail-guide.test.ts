import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mailUrl } from '../src/mail/mail-url.ts'
import { MESSAGE_NAMES } from '../src/mail/message.ts'

const guide = readFileSync(new URL('../docs/mail.md', import.meta.url), 'utf8')

test('the guide says of every message when it is sent', () => {
  for (const name of MESSAGE_NAMES) expect(guide).toMatch(new RegExp(`^\\| .*\`${name}\`.* \\|`, 'm'))
})

test('its examples of MAIL_URL are accepted, but for what stands in angle brackets', () => {
  const table = /\| provider \|[\s\S]*?\n\n/.exec(guide)?.[0] ?? ''
  const examples = [...table.matchAll(/\| `([a-z]+:[^`]*|off)` \|/g)].map(([, text = '']) => text)
  expect(examples).toHaveLength(7)
  for (const example of examples) {
    const filled = example.replaceAll(/<[^>]*>/g, 'A'.repeat(40)).replaceAll('…', 'example')
    expect(mailUrl.safeParse(filled).error?.issues, example).toBeUndefined()
  }
})
