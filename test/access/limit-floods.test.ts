import { describe, expect, test } from 'vitest'
import type { FloodLimiter } from '../../src/deps.ts'
import { createTestApp, newPerson } from '../support/test-app.ts'

/** A limiter that lets through what it is told to, and notes whom it was asked about. */
const appWith = async (limit: FloodLimiter['limit'] | null) =>
  await createTestApp({
    deps: { floodLimiter: limit && { limit }, clientAddress: () => '2001:db8:1:2:3:4:5:6' },
  })

const costly: [string, string, unknown][] = [
  ['POST', '/login', { email: 'a@example.com', password: 'x' }],
  ['POST', '/auth/login', { email: 'a@example.com', password: 'x' }],
  ['POST', '/users', newPerson()],
]

describe('the first line', () => {
  test.each(costly)(
    'refuses %s %s from a page elsewhere, and the document lists that',
    async (method, path, body) => {
      const { request, hasher } = await appWith(null)
      const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'cross-site' }
      const response = await request(path, { method, headers, body: JSON.stringify(body) })
      expect(response.status).toBe(403)
      expect(hasher.count).toBe(0)
      type Listed = { paths: Record<string, { post: { responses: Record<string, { $ref: string }> } }> }
      const { paths } = (await (await request('/openapi.json')).json()) as Listed
      expect(paths[path.replace('/auth', '')]?.post.responses['403']?.$ref).toContain('origin_rejected')
    },
  )

  test.each(costly)('refuses floods of %s %s before any query and any hash', async (method, path, body) => {
    const asked: string[] = []
    const { request, database, hasher } = await appWith(({ key }) => {
      asked.push(key)
      return Promise.resolve({ success: false })
    })
    await database.roundTrips()
    const headers = { 'Content-Type': 'application/json' }
    const response = await request(path, { method, headers, body: JSON.stringify(body) })
    expect(response.status).toBe(429)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'retry-after': '60',
      ratelimit: '"flood_address";r=0;t=60',
      'ratelimit-policy': '"flood_address";q=100;w=60',
    })
    // A flood of one keeps nobody behind the same address from the other.
    expect(asked).toEqual([`${path === '/users' ? 'register' : 'sign_in'}:2001:db8:1:2::/64`])
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
  })

  test('does not limit requests that cost no hash', async () => {
    const { request } = await appWith(() => Promise.resolve({ success: false }))
    expect((await request('/health')).status).toBe(200)
    expect((await request('/users/me')).status).toBe(401)
  })

  test('without a binding, the database alone limits', async () => {
    const { post } = await appWith(null)
    expect((await post('/login', { email: 'a@example.com', password: 'x' })).status).toBe(401)
  })

  test('takes an answer that does not say yes for a no', async () => {
    const { post, database } = await appWith(() => Promise.resolve({} as never))
    await database.roundTrips()
    expect((await post('/login', { email: 'a@example.com', password: 'x' })).status).toBe(429)
    expect(await database.roundTrips()).toEqual([])
  })

  const failures: [string, FloodLimiter['limit']][] = [
    ['rejects', () => Promise.reject(new Error('canary'))],
    [
      'throws',
      () => {
        throw new Error('canary')
      },
    ],
    ['answers nothing', () => Promise.resolve(undefined as never)],
  ]
  test.each(failures)('that %s closes sign-in with 503: never unlimited (row 37)', async (_, limit) => {
    const { post, database, hasher, log } = await appWith(limit)
    await database.roundTrips()
    const response = await post('/login', { email: 'a@example.com', password: 'x' })
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('canary')
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
    expect(log).toMatchObject([{ event: 'request_failed', code: 'database_unavailable' }])
  })
})
