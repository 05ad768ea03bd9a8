import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url, utf8 } from '../../src/crypto/encoding.ts'
import { chainedPbkdf2, createPasswordHasher, parsePasswordHash } from '../../src/crypto/password.ts'

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const small = { iterations: 20, rounds: 2 }
const hasher = createPasswordHasher(small, randomBytes)

describe('chained PBKDF2', () => {
  // RFC 7914 section 11 gives 64 bytes; PBKDF2's first 32 bytes are a block of their own.
  test.each([
    ['passwd', 'salt', 1, '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc'],
    ['Password', 'NaCl', 80_000, '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56'],
  ])(
    'is stock PBKDF2-HMAC-SHA256 for one round (%s, %s, %i)',
    async (password, salt, iterations, expected) => {
      expect(hex(await chainedPbkdf2(password, utf8(salt), { iterations, rounds: 1 }))).toBe(expected)
    },
  )

  test('is one call fed into the next for two rounds', async () => {
    const iterations = 1000
    const first = await chainedPbkdf2('passwd', utf8('salt'), { iterations, rounds: 1 })
    const second = await chainedPbkdf2('passwd', first, { iterations, rounds: 1 })
    expect(await chainedPbkdf2('passwd', utf8('salt'), { iterations, rounds: 2 })).toEqual(second)
    // Composed by hand with another implementation (OpenSSL's), so that both runtimes answer to the same.
    expect(hex(second)).toBe('aedbba04ff6adb0421867e65be47c425b5dce5bd308847e77c5d26428e2c53dd')
  })

  test('can not ask for a call that production Workers refuse (row 30)', async () => {
    const call = chainedPbkdf2('passwd', utf8('salt'), { iterations: 100_001, rounds: 1 })
    await expect(call).rejects.toMatchObject({
      name: 'NotSupportedError',
      message: 'Pbkdf2 failed: iteration counts above 100000 are not supported (requested 100001).',
    })
  })
})

describe('a password hash', () => {
  test('made elsewhere with the same string verifies in this runtime', async () => {
    const stored =
      '$pbkdf2-sha256-chain$v=1,i=1500,r=3$BwcHBwcHBwcHBwcHBwcHBw$HQxhi2tKeclWtnYDgKp8Ab3M8eLQAIcLJ707VGNs6zI'
    expect(await hasher.verify('correct horse', stored)).toEqual({ matches: true, outdated: true })
    expect(await hasher.verify('correct horsf', stored)).toEqual({ matches: false, outdated: true })
  })

  test('says how it was made', async () => {
    expect(await hasher.hash('password')).toMatch(
      /^\$pbkdf2-sha256-chain\$v=1,i=20,r=2\$[\w-]{22}\$[\w-]{43}$/,
    )
  })

  test('is another one each time', async () => {
    expect(await hasher.hash('password')).not.toBe(await hasher.hash('password'))
  })

  test('matches its password and no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.string({ unit: 'grapheme' }),
        async (one, other) => {
          const stored = await hasher.hash(one)
          expect((await hasher.verify(one, stored)).matches).toBe(true)
          const same = one.normalize('NFKC') === other.normalize('NFKC')
          expect((await hasher.verify(other, stored)).matches).toBe(same)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('with any one bit changed matches nothing (row 84)', async () => {
    const stored = await hasher.hash('password')
    const [, , , , text = ''] = stored.split('$')
    for (let bit = 0; bit < 256; bit++) {
      const bytes = fromBase64Url(text) ?? new Uint8Array()
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const changed = stored.replace(text, toBase64Url(bytes))
      expect((await hasher.verify('password', changed)).matches, `bit ${bit}`).toBe(false)
    }
  })

  test('is outdated when it was made with other parameters', async () => {
    const stored = await hasher.hash('password')
    expect(await hasher.verify('password', stored)).toEqual({ matches: true, outdated: false })
    for (const work of [
      { iterations: 21, rounds: 2 },
      { iterations: 20, rounds: 3 },
    ]) {
      const verdict = await createPasswordHasher(work, randomBytes).verify('password', stored)
      expect(verdict).toEqual({ matches: true, outdated: true })
    }
  })

  test('of nobody is never matched, not even by the empty password', async () => {
    for (const password of ['', 'password']) expect((await hasher.verify(password, null)).matches).toBe(false)
  })
})

test('a wrong password costs as many iterations for an old hash as for nobody', async () => {
  const old = await createPasswordHasher({ iterations: 10, rounds: 1 }, randomBytes).hash('password')
  const spent: number[] = []
  const original = crypto.subtle.deriveBits
  Object.defineProperty(crypto.subtle, 'deriveBits', {
    configurable: true,
    value: (algorithm: Pbkdf2Params, ...rest: [CryptoKey, number]) => {
      spent.push(algorithm.iterations)
      return original(algorithm, ...rest)
    },
  })
  const iterationsFor = async (stored: string | null) => {
    await hasher.verify('wrong password', stored)
    return spent.splice(0).reduce((sum, iterations) => sum + iterations, 0)
  }
  try {
    expect(await iterationsFor(null)).toBe(40)
    expect(await iterationsFor(old)).toBe(40)
    expect(await iterationsFor('unreadable')).toBe(40)
  } finally {
    Object.defineProperty(crypto.subtle, 'deriveBits', { configurable: true, value: original })
  }
})

describe('parsing a stored hash', () => {
  const salt = 'A'.repeat(22)
  const hash = 'A'.repeat(43)
  const stored = (parameters: string, saltText = salt, hashText = hash) =>
    `$pbkdf2-sha256-chain$${parameters}$${saltText}$${hashText}`

  test.each([
    ['the strongest', stored('v=1,i=100000,r=20')],
    ['the weakest', stored('v=1,i=1,r=1')],
    ['a salt of 64 bytes', stored('v=1,i=1,r=1', 'A'.repeat(86))],
  ])('accepts %s', (_, text) => {
    expect(parsePasswordHash(text)).not.toBeNull()
  })

  test.each([
    ['an empty text', ''],
    ['a call above the cap', stored('v=1,i=100001,r=1')],
    ['2^32 iterations', stored('v=1,i=4294967297,r=1')],
    ['more than 20 rounds', stored('v=1,i=1,r=21')],
    ['no rounds', stored('v=1,i=1,r=0')],
    ['no iterations', stored('v=1,i=0,r=1')],
    ['negative iterations', stored('v=1,i=-1,r=1')],
    ['another version', stored('v=2,i=1,r=1')],
    ['another scheme', '$pbkdf2-sha512$v=1,i=1,r=1$AAAA$AAAA'],
    ['a salt of 15 bytes', stored('v=1,i=1,r=1', 'A'.repeat(20))],
    ['a hash of 31 bytes', stored('v=1,i=1,r=1', salt, 'A'.repeat(42))],
    ['a salt spelled another way', stored('v=1,i=1,r=1', `${'A'.repeat(21)}B`)],
    ['something after it', `${stored('v=1,i=1,r=1')}\n`],
  ])('refuses %s', (_, text) => {
    expect(parsePasswordHash(text)).toBeNull()
  })
})
