import { describe, expect, test } from 'vitest'
import type { AppDeps } from '../../src/deps.ts'
import { createTestApp, createTestDatabase, newPerson } from '../support/test-app.ts'

describe('a fault of ours', async () => {
  const secret = 'canary-in-the-message'
  class HasherError extends Error {
    override name = 'HasherError'
    code = 'E_HASHER'
  }

  test.each([
    ['an error', () => new HasherError(secret)],
    ['something that is no error', () => secret],
  ])('%s is answered with a bare 500 and logged once, without its message (row 81)', async (_, make) => {
    const { post, log, database } = await createTestApp({
      deps: {
        passwords: {
          hash: () => Promise.reject(make()),
          verify: () => Promise.reject(make()),
        },
      },
    })
    const response = await post('/users', newPerson())
    expect(response.status).toBe(500)
    const body = (await response.json()) as { instance: string }
    expect(body).toEqual({
      type: '/problems/internal_error',
      title: 'Something went wrong here',
      status: 500,
      detail: 'The fault is ours. Quote the request id when you report it.',
      code: 'internal_error',
      instance: expect.stringMatching(/^urn:uuid:/),
    })
    expect(log).toMatchObject([
      {
        event: 'request_failed',
        code: 'internal_error',
        request_id: body.instance.slice('urn:uuid:'.length),
      },
    ])
    expect(JSON.stringify(log)).not.toContain(secret)
    expect(await database.roundTrips()).toEqual([])
  })

  test('the log names the causes by name and code', async () => {
    const failure = () => Promise.reject(new HasherError(secret))
    const { post, log } = await createTestApp({ deps: { passwords: { hash: failure, verify: failure } } })
    await post('/users', newPerson())
    expect(log).toMatchObject([
      { causes: [{ name: 'HasherError', code: 'E_HASHER' }], stack: expect.any(Array) },
    ])
  })

  test('the stack is frames alone, whatever the message looks like (row 54)', async () => {
    // What comes after a line break looks like a frame.
    const message = `first\n    at ${secret} (file.ts:1:1)\n    at ${secret}`
    const failure = () => Promise.reject(new Error(message))
    const { post, log } = await createTestApp({ deps: { passwords: { hash: failure, verify: failure } } })
    await post('/users', newPerson())
    expect(log).toMatchObject([{ stack: expect.arrayContaining([expect.stringMatching(/^\s+at /)]) }])
    expect(JSON.stringify(log)).not.toContain(secret)
  })

  test('a statement that PostgreSQL refuses is 500, and no value of it is logged (row 81)', async () => {
    const { post, log, database } = await createTestApp({ database: await createTestDatabase() })
    await database.sql('drop table user_roles')
    const person = newPerson()
    const response = await post('/users', person)
    expect(response.status).toBe(500)
    expect(await response.text()).not.toMatch(/user_roles|relation|select/i)
    expect(log).toMatchObject([{ causes: [{ name: 'NeonDbError', code: '42P01' }] }])
    for (const value of [person.email, person.username, person.full_name])
      expect(JSON.stringify(log)).not.toContain(value)
    const rows = await database.sql('select 1 from users where email = $1', [person.email])
    expect(rows).toEqual([])
  })

  const fails = () => {
    throw new HasherError(secret)
  }
  const { keyRing } = (await createTestApp()).deps
  const parts: [string, Partial<AppDeps>][] = [
    ['the clock', { clock: fails }],
    ['the opening of the database', { connect: fails }],
    ['the platform’s address of the client', { clientAddress: fails }],
    ['the platform’s word on https', { isPlainHttp: fails }],
    ['the limiter of floods', { floodLimiter: { limit: fails } }],
    ['the key of budgets', { limitKeys: fails }],
    ['the key of refresh tokens', { refreshKeys: fails }],
    ['the key of devices', { deviceKeys: fails }],
    ['the hasher', { passwords: { hash: fails, verify: fails } }],
    ['the key that signs', { keyRing: { ...keyRing, signing: { ...keyRing.signing, key: fails } } }],
  ]

  test.each(parts)('in %s signs nobody in and is logged once (row 81)', async (_, broken) => {
    const healthy = await createTestApp()
    const { email, password } = await healthy.register()
    const { request, log, requests } = await createTestApp({
      // On loopback nobody asks about https.
      variables: { PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' },
      deps: broken,
    })
    const response = await request('/login?use_cookies=true', {
      method: 'POST',
      headers: { Origin: 'https://app.example.com' },
      body: new URLSearchParams({ email, password }),
    })
    expect([500, 503]).toContain(response.status)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await response.text()).not.toMatch(/canary|ey[\w-]+\./)
    expect(log).toMatchObject([{ event: 'request_failed' }])
    expect(requests).toHaveLength(1)
    expect(JSON.stringify(log)).not.toContain(secret)
  })
})
