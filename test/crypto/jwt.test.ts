import { describe, expect, test } from 'vitest'
import { createKeyRing, hs256Key, signToken, verifyToken } from '../../src/crypto/jwt.ts'

const secret = () => crypto.randomUUID() + crypto.randomUUID()
const [older, newer] = [hs256Key('2026-10', secret()), hs256Key('2026-11', secret())]
const expected = { issuer: 'https://auth.example.com', audience: 'api', now: new Date(1_800_000_000_000) }
const claims = {
  iss: expected.issuer,
  aud: 'api',
  sub: 's',
  jti: 'j',
  iat: 1_800_000_000,
  exp: 1_800_000_060,
}

describe('a key ring', () => {
  test('signs with its first key and names it', async () => {
    const token = await signToken(createKeyRing([newer, older]), claims)
    expect(JSON.parse(atob(token.split('.')[0] ?? ''))).toEqual({ alg: 'HS256', typ: 'JWT', kid: '2026-11' })
  })

  test('verifies with every key, and with none that was removed (row 83)', async () => {
    const token = await signToken(createKeyRing([older]), claims)
    expect(await verifyToken(createKeyRing([newer, older]), token, expected)).toEqual(claims)
    expect(await verifyToken(createKeyRing([newer]), token, expected)).toBeNull()
  })

  test('needs a key', () => {
    expect(() => createKeyRing([])).toThrow(TypeError)
  })
})

test('what is not ASCII, and what base64url has letters for that atob has not, is escaped in the payload', async () => {
  const name = 'Łucja ~?>\u007f 名前 😀'
  const token = await signToken(createKeyRing([newer]), { ...claims, name, roles: [name] })
  const payload = token.split('.')[1] ?? ''
  expect(payload).toMatch(/^[A-Za-z0-9]+$/)
  expect(JSON.parse(atob(payload))).toMatchObject({ name, roles: [name] })
  expect(await verifyToken(createKeyRing([newer]), token, expected)).toMatchObject({ name })
})
