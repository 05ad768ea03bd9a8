import * as jose from 'jose'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createKeyRing, signToken, verifyToken } from '../../src/crypto/jwt.ts'
import { generateKey, hs256Key, publicKey } from '../../src/crypto/signing-key.ts'

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
    const token = await signToken(createKeyRing([newer, older]), claims, 'JWT')
    expect(JSON.parse(atob(token.split('.')[0] ?? ''))).toEqual({ alg: 'HS256', typ: 'JWT', kid: '2026-11' })
  })

  test('verifies with every key, and with none that was removed (row 83)', async () => {
    const token = await signToken(createKeyRing([older]), claims, 'JWT')
    expect(await verifyToken(createKeyRing([newer, older]), token, expected)).toEqual(claims)
    expect(await verifyToken(createKeyRing([newer]), token, expected)).toBeNull()
  })

  test('needs a key', () => {
    expect(() => createKeyRing([])).toThrow(TypeError)
  })
})

test('non-ASCII and what base64url encodes unlike base64 is escaped in the payload', async () => {
  const name = 'Łucja ~?>\u007f 名前 😀'
  const token = await signToken(createKeyRing([newer]), { ...claims, name, roles: [name] }, 'JWT')
  const payload = token.split('.')[1] ?? ''
  expect(payload).toMatch(/^[A-Za-z0-9]+$/)
  expect(JSON.parse(atob(payload))).toMatchObject({ name, roles: [name] })
  expect(await verifyToken(createKeyRing([newer]), token, expected)).toMatchObject({ name })
})

describe.each(['HS256', 'ES256', 'EdDSA'] as const)('a generated %s key', async (alg) => {
  const key = await generateKey(alg, 'made')

  test('signs tokens that the ring verifies, with the key’s one algorithm', async () => {
    const token = await signToken(createKeyRing([key]), claims, 'JWT')
    expect(jose.decodeProtectedHeader(token)).toEqual({ alg, typ: 'JWT', kid: 'made' })
    expect(await verifyToken(createKeyRing([key, older]), token, expected)).toEqual(claims)
    const stranger = await generateKey(alg, 'made')
    expect(await verifyToken(createKeyRing([stranger]), token, expected)).toBeNull()
  })

  test('is imported once to sign and once to verify, however often', async () => {
    const ring = createKeyRing([key])
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    onTestFinished(() => importKey.mockRestore())
    for (let turn = 0; turn < 3; turn++)
      await verifyToken(ring, await signToken(ring, claims, 'JWT'), expected)
    expect(importKey.mock.calls.map(([, , , , usages]) => usages)).toEqual([['sign'], ['verify']])
  })

  test('is imported again after that failed', async () => {
    const ring = createKeyRing([key])
    const importKey = vi.spyOn(crypto.subtle, 'importKey').mockRejectedValueOnce(new Error('Not now'))
    onTestFinished(() => importKey.mockRestore())
    await expect(signToken(ring, claims, 'JWT')).rejects.toThrow('Not now')
    expect(await verifyToken(ring, await signToken(ring, claims, 'JWT'), expected)).toEqual(claims)
  })

  test('signs tokens that a standard library verifies with the public key alone', async () => {
    const token = await signToken(createKeyRing([key]), claims, 'JWT')
    const shown = publicKey(key)
    expect(shown === null).toBe(alg === 'HS256')
    const jwks = jose.createLocalJWKSet({ keys: [(shown ?? key) as jose.JWK] })
    const secret = alg === 'HS256' ? await jose.importJWK(key as jose.JWK, alg) : null
    const options = { issuer: claims.iss, audience: claims.aud, currentDate: expected.now }
    const { payload } = secret
      ? await jose.jwtVerify(token, secret, options)
      : await jose.jwtVerify(token, jwks, options)
    expect(payload).toMatchObject(claims)
    for (const part of ['d', 'k']) expect(shown ?? {}).not.toHaveProperty(part)
  })
})

test('a public key is no secret to sign with: algorithm confusion is refused (row 10)', async () => {
  const key = await generateKey('ES256', 'made')
  const confused = hs256Key('made', JSON.stringify(publicKey(key)))
  const token = await signToken(createKeyRing([confused]), claims, 'JWT')
  expect(await verifyToken(createKeyRing([key]), token, expected)).toBeNull()
})
