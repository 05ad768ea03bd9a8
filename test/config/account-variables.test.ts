import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.ts'

const secret = () => crypto.randomUUID() + crypto.randomUUID()
const local = {
  DATABASE_URL: 'postgresql://u:p@localhost/db',
  PUBLIC_URL: 'http://localhost:8000',
  JWT_SECRET: secret(),
  AUTH_SECRETS: secret(),
}

describe('what an account has', () => {
  const fieldsOf = (ACCOUNT_FIELDS: string) => parseConfig({ ...local, ACCOUNT_FIELDS }).accountFields

  test.each([
    ['', 'required', 'required'],
    ['username, full_name', 'required', 'required'],
    ['full_name?,username?', 'optional', 'optional'],
    ['username?', 'optional', 'absent'],
    ['full_name', 'absent', 'required'],
    ['none', 'absent', 'absent'],
  ])('%j: username %s, full_name %s', (text, username, full_name) => {
    expect(fieldsOf(text)).toEqual({ username, full_name })
  })

  test.each([
    'email',
    'username full_name?x',
    'username, username?',
    'none, username',
    ',',
    'Username',
    'none?',
  ])('%j is refused', (text) => {
    expect(() => fieldsOf(text)).toThrow(/ACCOUNT_FIELDS (takes|repeats|says|is empty)/)
  })
})

describe('what travels in tokens', () => {
  const claimsOf = (JWT_CLAIMS: string) => {
    const { names, appMetadata } = parseConfig({ ...local, JWT_CLAIMS }).jwtClaims
    return [[...names], appMetadata]
  }

  test.each([
    ['', ['full_name', 'roles', 'scope'], []],
    ['none', [], []],
    ['email, app_metadata.plan,username app_metadata.org-1', ['email', 'username'], ['plan', 'org-1']],
  ])('%j: %j and %j', (text, names, members) => {
    expect(claimsOf(text)).toEqual([names, members])
  })

  test.each([
    'password_hash',
    'user_metadata.plan',
    'app_metadata',
    'app_metadata.',
    'app_metadata.__proto__',
    'app_metadata.a.b',
    'roles, roles',
    'none, roles',
    Array.from({ length: 9 }, (_, index) => `app_metadata.m${index}`).join(),
  ])('%j is refused', (text) => {
    expect(() => claimsOf(text)).toThrow(/JWT_CLAIMS (takes|repeats|says|names more)/)
  })

  test('a field that accounts don\u2019t have is no claim; by default it is simply left out', () => {
    const without = { ...local, ACCOUNT_FIELDS: 'none' }
    expect(() => parseConfig({ ...without, JWT_CLAIMS: 'full_name' })).toThrow(
      'JWT_CLAIMS names full_name, which is not among ACCOUNT_FIELDS',
    )
    expect(parseConfig(without).accountFields.full_name).toBe('absent')
  })
})

test.each([
  ['JWT_SUBJECT', 'uid', 'email or id'],
  ['JWT_TYPE', 'jwt', 'JWT or at+jwt'],
  ['REGISTRATION', 'invite', 'open or closed'],
])('%s=%s is refused: it must be %s', (name, value, allowed) => {
  expect(() => parseConfig({ ...local, [name]: value })).toThrow(`${name} must be ${allowed}`)
})

test.each(['x'.repeat(41), '!', 'A\u202eB', 'A\u200bB', '\u3164', 'A\uffa0B', 'A\nB', '\u{1f600}'])(
  'no product is called %j',
  (name) => {
    expect(() => parseConfig({ ...local, PRODUCT_NAME: name })).toThrow(
      'PRODUCT_NAME must have 1 to 40 characters',
    )
  },
)
