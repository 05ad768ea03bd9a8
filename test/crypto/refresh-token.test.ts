import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveKeys } from '../../src/crypto/derived-key.ts'
import { makeRefreshToken, readRefreshToken } from '../../src/crypto/refresh-token.ts'

const secret = () => crypto.randomUUID() + crypto.randomUUID()
const [first, second] = [secret(), secret()]
const keys = deriveKeys([first], 'refresh-token')
const content = { sessionId: '0f8fad5b-d9cb-469f-a165-70867728950e', generation: 7 }

describe('a refresh token', () => {
  test('returns its content', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uuid(), fc.integer({ min: 0, max: 2 ** 32 - 1 }), async (sessionId, generation) => {
        const token = await makeRefreshToken(keys, { sessionId, generation })
        expect(token).toMatch(/^[\w-]{70}$/)
        expect(await readRefreshToken(keys, token)).toEqual({ sessionId, generation })
      }),
      { numRuns: 50 },
    )
  })

  test('is the same each time for the same content', async () => {
    expect(await makeRefreshToken(keys, content)).toBe(await makeRefreshToken(keys, content))
  })

  test('with any one bit changed is none of ours', async () => {
    const token = await makeRefreshToken(keys, content)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let index = 0; index < token.length; index++) {
      for (const bit of [1, 2, 4, 8, 16, 32]) {
        const letter = alphabet[alphabet.indexOf(token[index] ?? '') ^ bit] ?? ''
        const changed = token.slice(0, index) + letter + token.slice(index + 1)
        expect(await readRefreshToken(keys, changed), `${index}/${bit}`).toBeNull()
      }
    }
  })

  test.each([
    ['nothing', () => ''],
    ['nonsense', () => 'x'.repeat(70)],
    ['one cut short', (token: string) => token.slice(0, -1)],
    ['one with more at its end', (token: string) => `${token}A`],
    ['one with padding', (token: string) => `${token}==`],
    ['a megabyte', () => 'A'.repeat(1_000_000)],
  ])('%s is none', async (_, make) => {
    expect(await readRefreshToken(keys, make(await makeRefreshToken(keys, content)))).toBeNull()
  })

  test('survives a new secret while the old one is still accepted, and not longer', async () => {
    const token = await makeRefreshToken(keys, content)
    expect(await readRefreshToken(deriveKeys([second, first], 'refresh-token'), token)).toEqual(content)
    expect(await readRefreshToken(deriveKeys([second], 'refresh-token'), token)).toBeNull()
  })

  test('is not made with the secret itself, but with a key for this purpose alone', async () => {
    const raw = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(first),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign', 'verify'],
    )
    const token = await makeRefreshToken(() => Promise.resolve([raw]), content)
    expect(await readRefreshToken(keys, token)).toBeNull()
  })
})
