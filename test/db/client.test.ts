import { describe, expect, test } from 'vitest'
import { prepareDatabase } from '../../src/db/client.ts'
import { FAULT_NAMES, LIES } from '../support/fault-names.ts'
import { createTestApp, newPerson, testDatabase } from '../support/test-app.ts'

const { faultyUrl } = await testDatabase()
const healthy = await createTestApp()
const person = await healthy.register()
const { access_token: token, refresh_token } = await healthy.openSession(person)

/** The application of `healthy`, with its keys, whose database fails in a certain way. */
async function appOver(fault: string) {
  // Port 1 is reserved and nobody listens there.
  const url = fault === 'refuses' ? 'postgresql://test:test@localhost:1/refuses' : `${faultyUrl}/${fault}`
  return await createTestApp({
    deps: { connect: prepareDatabase(url, () => performance.now()), keyRing: healthy.deps.keyRing },
  })
}

describe.concurrent('a database that fails', () => {
  test.each(FAULT_NAMES)(
    'and %s is answered 503, soon and without internals (rows 32, 33, 36)',
    async (fault) => {
      const { post, request, log, hasher } = await appOver(fault)
      const requests: [string, () => Promise<Response>][] = [
        ['register', () => post('/users', newPerson())],
        ['sign in', () => post('/login', { email: person.email, password: person.password })],
        ['current user', () => request('/users/me', { headers: { Authorization: `Bearer ${token}` } })],
        ['ready', () => request('/ready')],
      ]
      const start = performance.now()
      const responses = await Promise.all(requests.map(async ([name, send]) => [name, await send()] as const))
      // Bounded at three seconds; the rest is for a busy machine.
      expect(performance.now() - start).toBeLessThan(8000)
      for (const [name, response] of responses) {
        const text = await response.text()
        expect(response.status, `${name}: ${text}`).toBe(503)
        expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
        expect(response.headers.get('Content-Type')).toBe('application/problem+json')
        expect(JSON.parse(text)).toMatchObject({ code: 'database_unavailable' })
        expect(text).not.toMatch(/canary|localhost|postgres|sql|ECONN|fetch/i)
      }
      expect(log).toHaveLength(requests.length)
      expect(JSON.stringify(log)).not.toMatch(/canary|correct horse|@example/)
      // The question for the account failed, so no password was checked: only registering hashed.
      expect(hasher.count).toBe(1)
    },
    20_000,
  )

  test.each(FAULT_NAMES)('and %s leaves what needs no database alone', async (fault) => {
    const { request } = await appOver(fault)
    expect((await request('/health')).status).toBe(200)
    expect((await request('/users/me')).status).toBe(401)
  })
})

test.each(LIES)('a database that lies and %s signs nobody in (row 36)', async (lie) => {
  const { post, request } = await appOver(lie)
  const responses = [
    await post('/login', { email: 'nobody@example.com', password: 'wrong password' }),
    await post('/users', newPerson()),
    await post('/refresh', { refresh_token }),
    await request('/users/me', { headers: { Authorization: `Bearer ${token}` } }),
  ]
  for (const response of responses) {
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await response.text()).not.toContain('access_token')
  }
})

test('a database that comes back is used again at once', async () => {
  const broken = await appOver('refuses')
  expect((await broken.request('/ready')).status).toBe(503)
  expect((await healthy.request('/ready')).status).toBe(200)
})
