import { expect, test } from 'vitest'
import { bearerChallenge } from '../../src/features/bearer-challenge.ts'
import { ERRORS } from '../../src/features.ts'
import { createTestApp } from '../support/test-app.ts'

/** `challenge` of RFC 9110 section 11.6.1 with at least one `auth-param`, each a quoted string. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const QUOTED = '"(?:[\\t !#-\\[\\]-~]|\\\\[\\t -~])*"'
const CHALLENGE = new RegExp(`^${TOKEN} ${TOKEN}=${QUOTED}(?:, ${TOKEN}=${QUOTED})*$`)

test('every 401 has a valid challenge with a realm, and an error only if a token was sent', () => {
  const errors: Record<string, string> = { invalid_token: 'invalid_token', forbidden: 'insufficient_scope' }
  const challenging = Object.entries(ERRORS).filter(
    ([, { status, challenge }]) => status === 401 || challenge,
  )
  expect(challenging.length).toBeGreaterThan(4)
  for (const [code, { challenge = 'no_token' }] of challenging) {
    const value = bearerChallenge('LumaScope', challenge)
    expect(ERRORS[code as keyof typeof ERRORS].challenge, code).toBeDefined()
    expect(value, code).toMatch(CHALLENGE)
    expect(value.startsWith('Bearer realm="LumaScope"'), code).toBe(true)
    expect(/error="(.*)"/.exec(value)?.[1], code).toBe(errors[code])
  }
})

test.each([
  ['A "quoted" name', 'Bearer realm="A \\"quoted\\" name"'],
  ['back\\slash', 'Bearer realm="back\\\\slash"'],
  ['\\"', 'Bearer realm="\\\\\\""'],
])('a realm of %s is a quoted string still', (realm, challenge) => {
  expect(bearerChallenge(realm, 'no_token')).toBe(challenge)
  expect(bearerChallenge(realm, 'invalid_token')).toBe(`${challenge}, error="invalid_token"`)
  expect(challenge).toMatch(CHALLENGE)
})

test('an answer names its request by a URN that is one (RFC 9562 section 4)', async () => {
  const { request } = await createTestApp()
  for (const path of ['/nowhere', '/users/me', '/login']) {
    const response = await request(path)
    const { instance } = (await response.json()) as { instance: string }
    expect(instance).toBe(`urn:uuid:${response.headers.get('X-Request-Id')}`)
    expect(instance).toMatch(/^urn:uuid:[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  }
})
