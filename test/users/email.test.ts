import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { registerBody } from '../../src/users/payloads.ts'
import { createTestApp, DEFAULT_VARIANT, newPerson } from '../support/test-app.ts'

const body = registerBody(DEFAULT_VARIANT.accountFields)
const accepts = (email: string) => body.safeParse({ ...newPerson(), email }).success

// The grammar of RFC 5321 section 4.1.2 and RFC 5322 section 3.2.3, production by production, as a generator.
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const ATEXT = `${LETTERS}${DIGITS}!#$%&'*+-/=?^_\`{|}~`
const LET_DIG = LETTERS + DIGITS

const of = (characters: string) => fc.constantFrom(...characters)
const textOf = (characters: string, minLength: number, maxLength: number) =>
  fc.string({ unit: of(characters), minLength, maxLength, size: 'max' })

const dotString = fc
  .array(textOf(ATEXT, 1, 64), { minLength: 1, maxLength: 8 })
  .map((atoms) => atoms.join('.'))
  .filter((text) => text.length <= 64)
const subDomain = fc.oneof(
  of(LET_DIG),
  fc.tuple(of(LET_DIG), textOf(`${LET_DIG}-`, 0, 61), of(LET_DIG)).map((parts) => parts.join('')),
)
const topLevel = subDomain.filter((label) => !/^\d+$/.test(label))
const domain = fc
  .tuple(fc.array(subDomain, { minLength: 1, maxLength: 5 }), topLevel)
  .map(([labels, last]) => [...labels, last].join('.'))
const mailbox = fc
  .tuple(dotString, domain)
  .map((parts) => parts.join('@'))
  .filter((text) => text.length <= 254)

// The same seed every time: a failure is one that everybody has.
const RUNS = { seed: 5321, numRuns: 2000 }

describe('an address follows the grammar of RFC 5321', () => {
  test('every address of the grammar is valid, and stored in lower case', () => {
    fc.assert(
      fc.property(mailbox, (email) => {
        const result = body.safeParse({ ...newPerson(), email })
        return result.success && result.data.email === email.toLowerCase()
      }),
      RUNS,
    )
  })

  const character = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    of(' "(),:;<>@[\\]\u0000\n'),
  )
  test('a character of no production makes it none, wherever it stands', () => {
    const foreign = character.filter((text) => !`${ATEXT}.`.includes(text))
    fc.assert(
      fc.property(mailbox, foreign, fc.nat(), (email, inserted, place) => {
        // Spaces around are trimmed.
        const index = 1 + (place % (email.length - 1))
        return !accepts(email.slice(0, index) + inserted + email.slice(index))
      }),
      RUNS,
    )
  })

  const breakages: [string, (local: string, host: string) => string][] = [
    ['a dot first', (local, host) => `.${local}@${host}`],
    ['a dot before the @', (local, host) => `${local}.@${host}`],
    ['two dots', (local, host) => `${local.slice(0, 1)}..${local.slice(1) || 'a'}@${host}`],
    ['nothing before the @', (_, host) => `@${host}`],
    ['nothing behind it', (local) => `${local}@`],
    ['no @', (local, host) => `${local}${host}`],
    ['two @', (local, host) => `${local}@${local}@${host}`],
    ['65 octets before the @', (local, host) => `${local.padEnd(65, 'x')}@${host}`],
    ['a label of 64', (local, host) => `${local}@${'x'.repeat(64)}.${host.slice(-100)}`],
    ['a label that begins with a hyphen', (local, host) => `${local}@-${host}`],
    ['a label that ends in one', (local, host) => `${local}@x-.${host}`],
    ['a last label that ends in one', (local, host) => `${local}@${host}-`],
    ['an empty label', (local, host) => `${local}@x..${host}`],
    ['a dot behind the last label', (local, host) => `${local}@${host}.`],
    ['a number for its last label', (local, host) => `${local}@${host}.123`],
    ['one label', (local, host) => `${local}@${host.split('.')[0]}`],
    ['an underscore in the domain', (local, host) => `${local}@x_y.${host}`],
    ['a quoted string', (local, host) => `"${local}"@${host}`],
    ['an address literal', (local) => `${local}@[192.0.2.1]`],
    ['angle brackets', (local, host) => `<${local}@${host}>`],
    ['a comment', (local, host) => `${local}(c)@${host}`],
    ['a source route', (local, host) => `@${host}:${local}@${host}`],
    ['a percent escape of a line', (local, host) => `${local}@${host}%0a`],
  ]
  test.each(breakages)('%s makes it none', (_, broken) => {
    fc.assert(
      fc.property(dotString, domain, (local, host) => !accepts(broken(local, host))),
      { ...RUNS, numRuns: 200 },
    )
  })

  test.each(Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)))(
    'ASCII character %j is taken where the grammar has it, and nowhere else',
    (character) => {
      expect(accepts(`a${character}b@example.org`)).toBe(`${ATEXT}.`.includes(character))
      expect(accepts(`${character}@example.org`)).toBe(ATEXT.includes(character))
      expect(accepts(`a@b${character}c.org`)).toBe(`${LET_DIG}-.`.includes(character))
      expect(accepts(`a@${character}.org`)).toBe(LET_DIG.includes(character))
    },
  )
})

describe('addresses as they are', () => {
  const long = (length: number) => 'x'.repeat(length)
  const host = (length: number) => `${`${long(61)}.`.repeat(3)}${long(length)}`
  test.each([
    'user=dept@example.org',
    "o'brien@example.ie",
    'bounce+ada=example.com@lists.example.org',
    'customer/department=shipping@example.com',
    '$A12345@example.com',
    '!def!xyz%abc@example.com',
    '_somename@example.com',
    '{a|b}~`^#&*?@example.com',
    '-@example.com',
    'a@b.c',
    'a@1-2.3com',
    'info@xn--bcher-kva.example',
    'ada@xn--e1afmkfd.xn--p1ai',
    'a@a--b.example',
    `${long(64)}@example.org`,
    `a@${long(63)}.org`,
    `${long(64)}@${host(3)}`,
  ])('%s is one', (email) => {
    expect(accepts(email)).toBe(true)
  })

  test.each([
    ['64 before the @ and 254 in all', `${long(64)}@${host(3)}`, 254, true],
    ['255 in all', `${long(64)}@${host(4)}`, 255, false],
    ['65 before the @', `${long(65)}@example.org`, 77, false],
    ['a label of 63', `a@${long(63)}.org`, 69, true],
    ['a label of 64', `a@${long(64)}.org`, 70, false],
    ['a last label of 63', `a@b.${long(63)}`, 67, true],
    ['a last label of 64', `a@b.${long(64)}`, 68, false],
  ])('%s: at the length and just over it', (_, email, length, expected) => {
    expect(email).toHaveLength(length)
    expect(accepts(email)).toBe(expected)
  })
})

test('a rare address registers, signs in, is found by a search, and is in the token', async () => {
  const app = await createTestApp()
  const email = "o'Neil+{a|b}=%_~?/#@EXAMPLE.xn--p1ai"
  const person = await app.register({ email })
  const token = await app.signIn({ email, password: person.password })
  expect(await (await app.me(token)).json()).toMatchObject({ id: person.id, email: email.toLowerCase() })
  expect((await app.post('/users', { ...newPerson(), email: email.toUpperCase() })).status).toBe(409)
  await app.database.sql("insert into user_roles values ($1, 'admin')", [person.id])
  for (const query of [email, email.slice(0, 12), '@example.xn--p1ai']) {
    const response = await app.as(token).get(`/users?query=${encodeURIComponent(query)}`)
    expect(await response.json(), query).toMatchObject({ items: [{ id: person.id }] })
  }
})

test('no string of 254 characters takes long to validate', () => {
  const parts = ['a', 'a.', '-', 'a-', '.', '@', 'a@', '1', '1.', '~', "'", '=']
  const start = performance.now()
  for (const first of parts) {
    for (const second of parts) {
      for (const end of ['@', '.', '-', '!', ''])
        accepts(`${first.repeat(120)}@${second.repeat(130)}`.slice(0, 253) + end)
    }
  }
  // 720 texts: what backtracks without a bound takes minutes for one.
  expect(performance.now() - start).toBeLessThan(10_000)
})
