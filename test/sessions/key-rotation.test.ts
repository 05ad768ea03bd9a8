import * as jose from 'jose'
import { describe, expect, test } from 'vitest'
import { generateKey } from '../../src/crypto/signing-key.ts'
import { createTestApp, PUBLIC_URL } from '../support/test-app.ts'

const [older, newer] = [await generateKey('ES256', 'older'), await generateKey('EdDSA', 'newer')]
const withKeys = (...keys: object[]) =>
  createTestApp({ variables: { JWT_SECRET: '', JWT_SIGNING_KEYS: JSON.stringify(keys) } })

describe('replacing a signing key (row 83)', () => {
  test('in three steps refuses no token on the way, and the removed key’s afterwards', async () => {
    // What `npm run keys -- rotate` prints: known, signing, alone.
    const steps = [
      await withKeys(older),
      await withKeys(older, newer),
      await withKeys(newer, older),
      await withKeys(newer),
    ]
    const [first] = steps
    if (!first) throw new Error('No first step')
    const person = await first.register()
    for (const [index, app] of steps.slice(0, -1).entries()) {
      const next = steps[index + 1] as typeof app
      // While a deployment spreads, both versions answer: tokens of either are accepted by both.
      if (index === 2) continue
      const requests = Array.from({ length: 10 }, async (_, request) => {
        const [signing, checking] = request % 2 ? [app, next] : [next, app]
        return (await checking.me(await signing.signIn(person))).status
      })
      expect(await Promise.all(requests)).toEqual(Array(10).fill(200))
    }
    const [, , third, last] = steps as [typeof first, typeof first, typeof first, typeof first]
    const old = await first.openSession(person)
    expect((await third.me(old.access_token)).status).toBe(200)
    expect((await last.me(old.access_token)).status).toBe(401)
    // The session itself lives on: refresh tokens are made with keys of their own.
    expect((await last.post('/refresh', { refresh_token: old.refresh_token })).status).toBe(200)
  })

  test('keys that nobody has cost no query', async () => {
    const app = await withKeys(newer)
    const foreign = await withKeys(older)
    const token = await foreign.signIn(await foreign.register())
    await app.database.roundTrips()
    for (let request = 0; request < 20; request++) expect((await app.me(token)).status).toBe(401)
    expect(await app.database.roundTrips()).toEqual([])
  })
})

describe('GET /.well-known/jwks.json', () => {
  test('lets a standard library verify our tokens', async () => {
    for (const app of [await withKeys(older, newer), await withKeys(newer, older)]) {
      const response = await app.request('/.well-known/jwks.json')
      expect(response.status).toBe(200)
      expect(response.headers.get('Cache-Control')).toBe('public, max-age=300')
      const jwks = (await response.json()) as jose.JSONWebKeySet
      expect(jwks.keys.map(({ kid }) => kid)).toHaveLength(2)
      for (const key of jwks.keys) expect(Object.keys(key)).not.toContain('d')
      const person = await app.register()
      const { payload } = await jose.jwtVerify(await app.signIn(person), jose.createLocalJWKSet(jwks), {
        issuer: PUBLIC_URL,
        audience: PUBLIC_URL,
        currentDate: app.clock.now,
      })
      expect(payload).toMatchObject({ sub: person.email, uid: person.id, token_use: 'access' })
    }
  })

  test('shows nothing of a shared secret', async () => {
    const app = await createTestApp()
    await app.database.roundTrips()
    const response = await app.request('/.well-known/jwks.json')
    expect(await response.json()).toEqual({ keys: [] })
    expect(await app.database.roundTrips()).toEqual([])
  })
})
