import { describe, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url, toHex } from '../../src/crypto/encoding.ts'
import { keyWeakness, secretWeakness } from '../../src/crypto/weakness.ts'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))
const WORDS =
  'correct horse battery staple mountain river window garden purple orange keyboard elephant quickly bridge silent forest candle thunder rocket basket yellow dragon pencil winter market doctor planet'.split(
    ' ',
  )
const eightWords = () => {
  const start = (random(1)[0] ?? 0) % WORDS.length
  return Array.from({ length: 8 }, (_, index) => WORDS[(start + index * 5) % WORDS.length] ?? '')
}
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

const generated: [string, () => string][] = [
  ['openssl rand -base64 32', () => base64(random(32))],
  ['openssl rand -base64 48', () => base64(random(48))],
  ['openssl rand -hex 32', () => toHex(random(32))],
  ['upper-case hex', () => toHex(random(32)).toUpperCase()],
  ['base64url', () => toBase64Url(random(32))],
  ['two UUIDs', () => crypto.randomUUID() + crypto.randomUUID()],
  ['hex behind a name', () => `myapp-${toHex(random(32))}`],
]
test.each(generated)('of a thousand secrets by %s none is refused', (_, make) => {
  const refused = Array.from({ length: 1000 }, make).filter((secret) => secretWeakness(secret) !== null)
  expect(refused).toEqual([])
})

describe('a secret of words is refused, however they are joined (row 98)', () => {
  const joined: [string, (words: string[]) => string][] = [
    ['with hyphens', (words) => words.join('-')],
    ['with underscores', (words) => words.join('_')],
    ['without anything', (words) => words.join('')],
    ['in CamelCase', (words) => words.map(capital).join('')],
    ['in capitals', (words) => words.join('').toUpperCase()],
    ['in capitals, with hyphens', (words) => words.map(capital).join('-')],
    ['with a year behind them', (words) => `${words.map(capital).join('')}2026`],
  ]
  test.each(joined)('%s', (_, join) => {
    for (let time = 0; time < 50; time++)
      expect(secretWeakness(join(eightWords()))).toMatch(/^can be guessed/)
  })

  test('with spaces, which are refused themselves', () => {
    expect(secretWeakness(eightWords().join(' '))).toMatch(/^has characters that/)
  })

  test.each([
    'the-quick-brown-fox-jumps-over-the-lazy-dog-and-runs-away',
    'TheQuickBrownFoxJumpsOverTheLazyDogAndRunsAway2026',
    'MySuperLongPassphraseForProductionServer2026',
    'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk',
    'jeneveuxpastravaillermaisilfautbiengagnersavie',
    'please-change-me-before-you-deploy-this-0123456',
    'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  ])('%s', (sentence) => {
    expect(secretWeakness(sentence)).toMatch(/^can be guessed/)
  })
})

describe('a secret that is typed or repeated is refused', () => {
  test.each([
    ['one letter', 'a'.repeat(64)],
    ['the keyboard', 'qwertyuiopasdfghjklzxcvbnm1234567890QWERTYUIOP'],
    ['the alphabet', '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH'],
    ['a random text three times', 'k3JxQ9wLmZ2vRt7b'.repeat(3)],
    ['a random text twice and its start', 'k3JxQ9wLmZ2vRt7bHc5N'.repeat(3).slice(0, 47)],
    ['hexadecimal words', 'deadbeef'.repeat(8)],
    ['digits only', '31415926535897932384626433832795028841971693993751058209749445923078'],
    ['few letters', 'xyzzyxzyxxyzyzxzyxxzyyxzzxyyxzyxzzyxyzxzyxyzx'],
  ])('%s', (_, secret) => {
    expect(secretWeakness(secret)).toMatch(/^can be guessed/)
  })
})

test.each([
  ['42 characters of base64', 'k3JxQ9wLmZ2vRt7bHc5NpY8sDg4FuE1aKo6WiXyB0q'],
  ['43 with the padding', 'k3JxQ9wLmZ2vRt7bHc5NpY8sDg4FuE1aKo6WiXyB0q=='],
  ['63 hexadecimal digits', toHex(random(32)).slice(1)],
  ['one UUID', crypto.randomUUID()],
  ['nothing', ''],
])('a secret of under 32 bytes is refused: %s', (_, secret) => {
  expect(secretWeakness(secret)).toMatch(/^is shorter than 32 bytes/)
})

test.each(['"', "'", '$', '\\', ' ', '\n', '\t', '\u0000', '\ufeff', 'é', 'α', '🗝', ',', '.'])(
  'a secret with a character that shells, files and encodings change is refused: %j',
  (character) => {
    expect(secretWeakness(`${toBase64Url(random(24))}${character}${toBase64Url(random(24))}`)).toMatch(
      /^has characters that/,
    )
  },
)

describe('the bytes of a key', () => {
  const fill = (value: (index: number) => number) =>
    Uint8Array.from({ length: 32 }, (_, index) => value(index))

  test('are taken if they are random, or a secret that is taken', () => {
    for (let time = 0; time < 1000; time++) expect(keyWeakness(random(32))).toBeNull()
    expect(keyWeakness(new TextEncoder().encode(base64(random(32))))).toBeNull()
  })

  test.each([
    ['zeros', fill(() => 0)],
    ['the number 1', fill((index) => (index === 31 ? 1 : 0))],
    ['counted up', fill((index) => index)],
    ['counted down by three', fill((index) => 255 - 3 * index)],
    ['repeated', fill((index) => (index % 8) * 31)],
    ['a text', new TextEncoder().encode('this is the secret of our server')],
    ['a text of words', new TextEncoder().encode(eightWords().join('-'))],
  ])('are refused if they are %s', (_, key) => {
    expect(keyWeakness(key)).not.toBeNull()
  })

  test('are refused if they are fewer than 32', () => {
    expect(keyWeakness(random(31))).toMatch(/^is shorter than 32 bytes/)
  })
})

describe('a secret that everybody can look up is refused', () => {
  test.each([
    ['FastAPI, tutorial', '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7'],
    [
      'RFC 7515 A.1',
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    ],
    ['RFC 7520 3.5', 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg'],
    ['RFC 7520 3.6', 'AAPapAv4LbFbiVawEjagUBluYqN5rhna-8nuldDvOx8'],
  ])('%s, as a text and as a key', (_, published) => {
    expect(secretWeakness(published)).toMatch(/^can be guessed/)
    const bytes = /^[\da-f]+$/.test(published) ? null : fromBase64Url(published)
    if (bytes) expect(keyWeakness(bytes)).toMatch(/^can be guessed/)
  })
})
