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
    ([, { status, headers }]) => status === 401 || headers?.['WWW-Authenticate'] !== undefined,
  )
  expect(challenging.length).toBeGreaterThan(4)
  for (const [code, { headers }] of challenging) {
    const challenge = headers?.['WWW-Authenticate'] ?? ''
    expect(challenge, code).toMatch(CHALLENGE)
    expect(challenge.startsWith('Bearer realm="LumaScope"'), code).toBe(true)
    expect(/error="(.*)"/.exec(challenge)?.[1], code).toBe(errors[code])
  }
})

test.each([
  ['A "quoted" name', 'Bearer realm="A \\"quoted\\" name"'],
  ['back\\slash', 'Bearer realm="back\\\\slash"'],
  ['\\"', 'Bearer realm="\\\\\\""'],
])('a realm of %s is a quoted string still', (realm, challenge) => {
  expect(bearerChallenge(realm)).toBe(challenge)
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
