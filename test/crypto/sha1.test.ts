import { expect, test } from 'vitest'
import { sha1Hex } from '../../src/crypto/sha1.ts'

test.each([
  ['abc', 'A9993E364706816ABA3E25717850C26C9CD0D89D'],
  ['', 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709'],
  ['password', '5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8'],
  ['é', 'BF15BE717AC1B080B4F1C456692825891FF5073D'],
])('%j has the digest of its UTF-8 (FIPS 180-4)', async (text, digest) => {
  expect(await sha1Hex(text)).toBe(digest)
})
