import { describe, expect, test } from 'vitest'
import { createTestApp, createTestDatabase, newPerson } from '../support/test-app.ts'

describe('a fault of ours', () => {
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
      instance: expect.stringMatching(/^urn:request:/),
    })
    expect(log).toMatchObject([
      { event: 'request_failed', code: 'internal_error', request_id: body.instance.slice(12) },
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

  test('a statement that PostgreSQL refuses is 500, and no value of it is logged', async () => {
    const { post, log, database } = await createTestApp({ database: await createTestDatabase() })
    await database.sql('drop table user_roles')
    const person = newPerson()
    const response = await post('/users', person)
    expect(response.status).toBe(500)
    expect(await response.text()).not.toMatch(/user_roles|relation|select/i)
    expect(log).toMatchObject([{ causes: [expect.anything(), { name: 'NeonDbError', code: '42P01' }] }])
    for (const value of [person.email, person.username, person.full_name])
      expect(JSON.stringify(log)).not.toContain(value)
    const rows = await database.sql('select 1 from users where email = $1', [person.email])
    expect(rows).toEqual([])
  })
})
