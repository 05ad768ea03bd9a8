import { describe, expect, test } from 'vitest'
import { deriveKeys } from '../../src/crypto/derived-key.ts'
import { makeDeviceToken, readDeviceToken } from '../../src/crypto/device-token.ts'
import { keyedHash } from '../../src/crypto/keyed-hash.ts'
import { makeRefreshToken, readRefreshToken } from '../../src/crypto/refresh-token.ts'

const secret = () => crypto.randomUUID() + crypto.randomUUID()
const secrets = [secret(), secret()]
const keys = deriveKeys(secrets, 'device-token')
const now = new Date('2026-11-22T12:00:00Z')
const device = { userId: 2_147_483_647, passwordVersion: 7, deviceId: crypto.randomUUID() }

describe('a device token', () => {
  test('returns its content for 400 days', async () => {
    const token = await makeDeviceToken(keys, { ...device, now })
    expect(token).toMatch(/^[\w-]{80}$/)
    expect(await readDeviceToken(keys, token, now)).toEqual(device)
    const end = now.getTime() + 400 * 86_400_000
    expect(await readDeviceToken(keys, token, new Date(end - 1))).toEqual(device)
    expect(await readDeviceToken(keys, token, new Date(end))).toBeNull()
  })

  test('is refused when any bit of it is another', async () => {
    const token = await makeDeviceToken(keys, { ...device, now })
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let index = 0; index < token.length; index++) {
      for (let bit = 0; bit < 6; bit++) {
        const changed = alphabet[alphabet.indexOf(token[index] ?? '') ^ (1 << bit)]
        const damaged = token.slice(0, index) + changed + token.slice(index + 1)
        expect(await readDeviceToken(keys, damaged, now)).toBeNull()
      }
    }
  })

  test('is read with every configured secret, and no other', async () => {
    const old = await makeDeviceToken(deriveKeys([secrets[1] ?? ''], 'device-token'), { ...device, now })
    expect(await readDeviceToken(keys, old, now)).toEqual(device)
    const foreign = await makeDeviceToken(deriveKeys([secret()], 'device-token'), { ...device, now })
    expect(await readDeviceToken(keys, foreign, now)).toBeNull()
  })

  test('is no refresh token, nor the other way round, under keys of one secret (row 13)', async () => {
    const refreshKeys = deriveKeys(secrets, 'refresh-token')
    const refreshToken = await makeRefreshToken(refreshKeys, {
      sessionId: crypto.randomUUID(),
      generation: 1,
    })
    const token = await makeDeviceToken(keys, { ...device, now })
    expect(await readDeviceToken(keys, refreshToken, now)).toBeNull()
    expect(await readRefreshToken(refreshKeys, token)).toBeNull()
    // Not even with the same length: the keys differ.
    const disguised = await makeDeviceToken(refreshKeys, { ...device, now })
    expect(await readDeviceToken(keys, disguised, now)).toBeNull()
  })
})

describe('a keyed hash', () => {
  test('is equal for equal strings and keys only', async () => {
    const hash = await keyedHash(keys, 'ada@example.com')
    expect(hash).toMatch(/^[\w-]{22}$/)
    expect(await keyedHash(keys, 'ada@example.com')).toBe(hash)
    expect(await keyedHash(keys, 'ada@example.con')).not.toBe(hash)
    expect(await keyedHash(deriveKeys([secret()], 'device-token'), 'ada@example.com')).not.toBe(hash)
  })
})
