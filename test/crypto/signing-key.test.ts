import { describe, expect, test } from 'vitest'
import { generateKey, keyProblem } from '../../src/crypto/signing-key.ts'

const P256 = { kty: 'EC', crv: 'P-256', alg: 'ES256', kid: 'a' }
const ED25519 = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'a' }
/** 32 bytes of a hexadecimal number. */
const number = (hex: string) =>
  btoa(
    String.fromCharCode(
      ...(hex.padStart(64, '0').match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16)),
    ),
  )
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

describe('a private key that everybody can look up is refused (row 98)', () => {
  test.each([
    [
      'RFC 7515 A.3',
      {
        ...P256,
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
      },
    ],
    [
      'RFC 7517 A.1',
      {
        ...P256,
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
        d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
      },
    ],
    [
      'jwt.io',
      {
        ...P256,
        x: 'EVs_o5-uQbTjL3chynL4wXgUg2R9q9UU8I5mEovUf84',
        y: 'kGe5DgSIycKp8w9aJmoHhB1sB3QTugfnRWm5nU_TzsY',
        d: 'evZzL1gdAFr88hb2OF_2NxApJCzGCEDdfSp6VQO30hw',
      },
    ],
    [
      'RFC 8037 A.1',
      {
        ...ED25519,
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      },
    ],
  ])('%s', (_, key) => {
    expect(keyProblem(key)).toMatch(/^can be guessed, or is printed somewhere/)
  })
})

test.each([
  ['1', '1'],
  ['2^128', `1${'0'.repeat(32)}`],
  ['of 191 bits', `7${'9ab3c5d7e1f2046'.repeat(3)}`],
  ['n - 1', 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550'],
  ['n - 2^128', 'ffffffff00000000fffffffffffffffebce6faada7179e84f3b9cac2fc632551'],
])('a private number that can be counted to is refused: %s', async (_, hex) => {
  const { x, y } = await generateKey('ES256', 'a')
  expect(keyProblem({ ...P256, x, y, d: number(hex) })).toMatch(/^can be guessed/)
})

test.each([
  ['zeros', '0'],
  ['counted up', Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join('')],
  ['one byte', 'ab'.repeat(32)],
])('a seed of Ed25519 that can be guessed is refused: %s', async (_, hex) => {
  const { x } = await generateKey('EdDSA', 'a')
  expect(keyProblem({ ...ED25519, x, d: number(hex) })).toMatch(/^can be guessed/)
})

test.each(['HS256', 'ES256', 'EdDSA'] as const)(
  'of a hundred generated keys for %s none is refused',
  async (alg) => {
    const keys = await Promise.all(Array.from({ length: 100 }, () => generateKey(alg, 'a')))
    expect(keys.map(keyProblem).filter((problem) => problem !== null)).toEqual([])
  },
)
