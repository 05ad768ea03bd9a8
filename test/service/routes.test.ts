import { describe, expect, test } from 'vitest'
import { prepareDatabase } from '../../src/db/client.ts'
import { PROBLEMS } from '../../src/http/problem.ts'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'

const { request, database } = await createTestApp()

test('GET /health touches nothing', async () => {
  await database.roundTrips()
  const response = await request('/health')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ok' })
  expect(response.headers.get('Server-Timing')).toBe('db;dur=0.0;desc="0 round trips"')
  expect(await database.roundTrips()).toEqual([])
})

test('GET /ready asks the database and says how long that took', async () => {
  const response = await request('/ready')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({
    status: 'ok',
    database: { status: 'up', round_trip_milliseconds: expect.any(Number) },
  })
  expect(await database.roundTrips()).toHaveLength(1)
})

test('GET /ready says that the database is down, and for how long it was asked', async () => {
  const empty = await createTestDatabase()
  await empty.sql('drop table user_roles, sessions, users')
  const nowhere = 'postgresql://test:test@localhost:1/nowhere'
  for (const url of [nowhere, empty.url]) {
    const app = await createTestApp({
      deps: { connect: prepareDatabase(url, { now: () => performance.now() }) },
    })
    const response = await app.request('/ready')
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect(await response.json()).toMatchObject({
      code: 'database_unavailable',
      database: { status: 'down', round_trip_milliseconds: expect.any(Number) },
    })
  }
})

describe('GET /problems/{code}', () => {
  test.each(Object.keys(PROBLEMS))('explains %s as JSON and as HTML', async (code) => {
    const json = await request(`/problems/${code}`)
    expect(json.status).toBe(200)
    expect(await json.json()).toMatchObject({ code, status: expect.any(Number), advice: expect.any(String) })
    const html = await request(`/problems/${code}`, {
      headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    })
    expect(html.headers.get('Content-Type')).toMatch(/^text\/html/)
    expect(html.headers.get('Vary')).toContain('Accept')
    expect(await html.text()).toContain(code)
  })

  test.each(['nonsense', '__proto__', 'constructor', '%3Cscript%3E'])('does not know %s', async (code) => {
    const response = await request(`/problems/${code}`)
    expect(response.status).toBe(404)
    expect(await response.text()).not.toContain('<script>')
  })
})

describe('documentation', () => {
  const files: [string, RegExp][] = [
    ['/docs', /^text\/html/],
    ['/docs/', /^text\/html/],
    ['/docs/start.js', /javascript/],
    ['/docs/swagger-ui.css', /^text\/css/],
    ['/docs/swagger-ui-bundle.js', /javascript/],
    ['/openapi.json', /^application\/json/],
  ]
  test.each(files)('%s is served by this server', async (path, type) => {
    const response = await request(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toMatch(type)
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=300')
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect((await response.text()).length).toBeGreaterThan(100)
  })

  test('the page loads nothing from elsewhere and may run nothing from elsewhere', async () => {
    const response = await request('/docs')
    const page = await response.text()
    expect(page).not.toMatch(/(src|href)="(?!\/|data:)/)
    expect(page).not.toMatch(/<script>/)
    const policy = response.headers.get('Content-Security-Policy')
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
  })

  test.each(['/docs/nothing.js', '/docs/..%2fopenapi.json', '/docs/%2e%2e/package.json', '/docs/index.html'])(
    '%s is not found',
    async (path) => {
      const response = await request(path)
      expect(response.status).toBe(404)
      expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    },
  )
})
