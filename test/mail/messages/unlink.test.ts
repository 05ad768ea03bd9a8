import { expect, test } from 'vitest'
import { unlinkable, visible } from '../../../src/mail/messages/unlink.ts'
import { HOSTILE } from '../../support/messages.ts'

test.each([
  ['ada', 'ada'],
  ['Grace Hopper 👩‍💻', 'Grace Hopper 👩💻'],
  ['evil.com', 'evil.|com'],
  ['www.evil.com', 'www.|evil.|com'],
  ['https://evil.com', 'https:|/|/|evil.|com'],
  ['ada@evil.com', 'ada@|evil.|com'],
  ['javascript:alert(1)', 'javascript:|alert(1)'],
  ['evil。com evil．com evil｡com ada＠evil', 'evil。|com evil．|com evil｡|com ada＠|evil'],
  // A joiner that is there already is not taken for ours.
  ['evil\u2060.com', 'evil.|com'],
  ['evil.\u2060\u200Bcom', 'evil.|com'],
])('%s is shown as %s, where | is a word joiner', (value, shown) => {
  expect(unlinkable(value)).toBe(shown.replaceAll('|', '\u2060'))
})

test.each(Object.entries(HOSTILE))(
  'nothing of %s hides, ends the line or looks like an address (row 116)',
  (_, value) => {
    const shown = unlinkable(value)
    expect(shown.replaceAll('\u2060', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
    expect(shown).not.toMatch(/[.:/@。．／：＠｡](?!\u2060)/u)
    expect([...shown.replaceAll('\u2060', '')].length).toBeLessThanOrEqual(255)
  },
)

test('a value is cut where an address ends at the latest, between characters', () => {
  expect(unlinkable('x'.repeat(254))).toBe('x'.repeat(254))
  expect(unlinkable('👩'.repeat(255))).toBe(`${'👩'.repeat(254)}…`)
})

test('what is visible stays', () => {
  expect(visible('203.0.113.7')).toBe('203.0.113.7')
  expect(visible('2001:db8::1\r\n')).toBe('2001:db8::1')
})
