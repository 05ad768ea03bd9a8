import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/crypto/encoding.ts'
import { timingSafeEqual } from '../../src/crypto/timing-safe.ts'

describe('base64url', () => {
  test.each([
    ['', []],
    ['Zg', [0x66]],
    ['Zm9v', [0x66, 0x6f, 0x6f]],
    ['-_8', [0xfb, 0xff]],
  ])('%s', (text, bytes) => {
    expect(toBase64Url(new Uint8Array(bytes))).toBe(text)
    expect(fromBase64Url(text)).toEqual(new Uint8Array(bytes))
  })

  test('reads back whatever it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(new Uint8Array(bytes))
      }),
    )
  })

  test.each(['Zg==', 'Zh', 'Z', 'Zm9', 'Zm 9v', '+/8', 'Zm9v\n', 'é'])(
    'refuses any spelling but the canonical one: %s',
    (text) => {
      expect(fromBase64Url(text)).toBeNull()
    },
  )
})

test('a comparison is right wherever the difference is', () => {
  const bytes = (...values: number[]) => new Uint8Array(values)
  expect(timingSafeEqual(bytes(1, 2, 3), bytes(1, 2, 3))).toBe(true)
  expect(timingSafeEqual(bytes(), bytes())).toBe(true)
  for (const other of [
    bytes(0, 2, 3),
    bytes(1, 0, 3),
    bytes(1, 2, 0),
    bytes(1, 2),
    bytes(1, 2, 3, 0),
    bytes(),
  ]) {
    expect(timingSafeEqual(bytes(1, 2, 3), other)).toBe(false)
  }
})
