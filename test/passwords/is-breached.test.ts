import { describe, expect, test } from 'vitest'
import { sha1Hex } from '../../src/crypto/sha1.ts'
import { isBreached } from '../../src/passwords/is-breached.ts'
import { createBreachApp } from '../support/breach-app.ts'
import { BREACH_FAILURES, BREACHED_PASSWORD, type BreachBehaviour } from '../support/breach-behaviours.ts'
import { createTestApp, newPerson } from '../support/test-app.ts'

describe('a password from a breach (ASVS 6.2.12)', () => {
  test('is refused, and nothing happens', async () => {
    const { post, hasher, database, log } = await createBreachApp('breached')
    await database.roundTrips()
    const response = await post('/users', { ...newPerson(), password: BREACHED_PASSWORD })
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      code: 'weak_password',
      errors: [{ pointer: '/password', code: 'breached' }],
    })
    expect(hasher.count).toBe(0)
    expect(await database.roundTrips()).toEqual([])
    expect(log).toEqual([])
  })

  test('is known in any Unicode form', async () => {
    const { deps } = await createBreachApp('breached')
    expect(await isBreached(deps, BREACHED_PASSWORD.normalize('NFD'))).toBe(true)
  })

  test.each(['unknown', 'padded'] as const)(
    'is not one that an answer has no count of (%s)',
    async (name) => {
      const { post, log, asked } = await createBreachApp(name)
      const response = await post('/users', { ...newPerson(), password: BREACHED_PASSWORD })
      expect(response.status).toBe(201)
      expect(await asked()).toHaveLength(1)
      expect(log).toEqual([])
    },
  )
})

describe('data that leaves this server', () => {
  test('is five digits, asked once and with padding', async () => {
    const { post, asked, url } = await createBreachApp('breached')
    const person = { ...newPerson(), password: BREACHED_PASSWORD }
    await post('/users', person)
    const requests = await asked()
    const digest = await sha1Hex(BREACHED_PASSWORD)
    expect(requests).toEqual([
      {
        method: 'GET',
        path: url.pathname + digest.slice(0, 5),
        headers: expect.objectContaining({ 'add-padding': 'true', 'user-agent': 'lumascope-auth' }),
        body: '',
      },
    ])
    const sent = JSON.stringify(requests).toUpperCase()
    for (const secret of [digest.slice(5, 10), digest.slice(-5), BREACHED_PASSWORD, person.username]) {
      expect(sent).not.toContain(secret.toUpperCase())
    }
  })

  test('asks nothing if the configuration says off', async () => {
    let calls = 0
    const { post } = await createTestApp({
      variables: { BREACHED_PASSWORDS_URL: 'off' },
      deps: {
        fetch: () => {
          calls++
          return Promise.reject(new Error('asked'))
        },
      },
    })
    expect((await post('/users', { ...newPerson(), password: BREACHED_PASSWORD })).status).toBe(201)
    expect(calls).toBe(0)
  })

  test.each([
    ['too short', { password: 'short' }],
    ['too common', { password: 'iloveyou1' }],
    ['like the account', { username: 'grace-hopper', password: 'grace-hopper1' }],
    ['in a request that is not valid', { email: 'nobody', password: BREACHED_PASSWORD }],
  ])('is nothing of a password that is %s', async (_, overrides) => {
    const { post, asked } = await createBreachApp('breached')
    expect((await post('/users', { ...newPerson(), ...overrides })).status).toBe(422)
    expect(await asked()).toEqual([])
  })
})

describe('a breach service that is down (row 39)', () => {
  const failures = Object.entries(BREACH_FAILURES) as [BreachBehaviour, string][]
  test.each(failures)('%s: the password passes, and one line says %s', async (behaviour, reason) => {
    const { post, log, asked } = await createBreachApp(behaviour)
    const started = performance.now()
    const response = await post('/users', { ...newPerson(), password: BREACHED_PASSWORD })
    expect(response.status).toBe(201)
    expect(log).toEqual([{ event: 'breach_check_failed', reason }])
    // A redirect that is followed would be a second one.
    expect(await asked()).toHaveLength(behaviour === 'refuses' ? 0 : 1)
    // A second, and what a busy machine adds.
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('the list of common passwords still applies', async () => {
    const { post } = await createBreachApp('answers-500')
    expect((await post('/users', { ...newPerson(), password: 'password1' })).status).toBe(422)
  })
})
