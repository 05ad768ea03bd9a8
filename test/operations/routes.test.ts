import { Hono } from 'hono'
import { html } from 'hono/html'
import { describe, expect, test } from 'vitest'
import { prepareDatabase } from '../../src/db/client.ts'
import { ERRORS } from '../../src/features.ts'
import { page } from '../../src/http/page.ts'
import { VERSION } from '../../src/operations/version.ts'
import { createTestApp, createTestDatabase, FRONTEND } from '../support/test-app.ts'

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
    outbox: { status: 'ok' },
  })
  expect(await database.roundTrips()).toHaveLength(1)
})

test('GET /ready says that the database is down, and for how long it was asked', async () => {
  const empty = await createTestDatabase()
  await empty.sql('drop table one_time_tokens, user_roles, sessions, users')
  const nowhere = 'postgresql://test:test@localhost:1/nowhere'
  for (const url of [nowhere, empty.url]) {
    const app = await createTestApp({
      deps: { connect: prepareDatabase(url, { now: () => performance.now() }) },
    })
    const response = await app.request('/ready')
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
    const body = (await response.json()) as object
    expect(body).toMatchObject({
      code: 'database_unavailable',
      database: { status: 'down', round_trip_milliseconds: expect.any(Number) },
    })
    type Listed = { components: { schemas: { Problem: { properties: object } } } }
    const { components } = (await (await app.request('/openapi.json')).json()) as Listed
    expect(Object.keys(components.schemas.Problem.properties)).toEqual(
      expect.arrayContaining(Object.keys(body)),
    )
  }
})

/** What a browser sends when somebody opens a page. */
const BROWSER = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

describe('GET /', () => {
  test('tells programs where to go', async () => {
    for (const Accept of ['', '*/*', 'application/json', 'text/html;q=0.5, application/json']) {
      const response = await request('/', { headers: { ...(Accept && { Accept }) } })
      expect(response.status).toBe(200)
      const about = (await response.json()) as Record<string, string>
      expect(about).toMatchObject({ name: 'LumaScope Auth', version: VERSION })
      for (const path of [about['documentation'], about['openapi'], about['health'], about['ready']])
        expect((await request(path ?? '')).status, path).toBe(200)
    }
  })

  test('tells people the same, with the version', async () => {
    const response = await request('/', { headers: BROWSER })
    expect(response.headers.get('Content-Type')).toMatch(/^text\/html/)
    expect(response.headers.get('Vary')).toContain('Accept')
    const text = await response.text()
    for (const part of ['href="/docs"', 'href="/health"', `href="${FRONTEND}"`, VERSION])
      expect(text).toContain(part)
  })
})

describe('pages for people', () => {
  test.each(['/', ...Object.keys(ERRORS).map((code) => `/problems/${code}`)])(
    '%s needs nothing that its policy forbids',
    async (path) => {
      const response = await request(path, { headers: BROWSER })
      expect(response.headers.get('Content-Security-Policy')).toBe(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; img-src data:; style-src 'self'",
      )
      const text = await response.text()
      expect(text).toMatch(/^<!doctype html>\n<html lang="en">/)
      expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=|<form/i)
      const links = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = '']) => link)
      expect(links).toContain('/docs/page.css')
      for (const link of links.filter((one) => one.startsWith('/')))
        expect((await request(link)).status, link).toBe(200)
    },
  )

  test('values of the configuration are escaped', async () => {
    const app = new Hono().get('/', (c) =>
      c.html(page({ title: '<b>"', body: html`<p>${'<img src=x>&'}</p>` })),
    )
    const text = await (await app.request('/')).text()
    expect(text).toContain('<title>&lt;b&gt;&quot;</title>')
    expect(text).toContain('<p>&lt;img src=x&gt;&amp;</p>')
  })
})

describe('GET /problems/{code}', () => {
  test.each(['/', '/problems/{code}'])('the document lists the page at %s', async (path) => {
    type Listed = { paths: Record<string, { get: { responses: { 200: { content: object } } } }> }
    const { paths } = (await (await request('/openapi.json')).json()) as Listed
    expect(Object.keys(paths[path]?.get.responses[200].content ?? {})).toEqual([
      'application/json',
      'text/html',
    ])
  })

  test.each(Object.keys(ERRORS))('explains %s as JSON and as HTML', async (code) => {
    const json = await request(`/problems/${code}`)
    expect(json.status).toBe(200)
    expect(await json.json()).toMatchObject({ code, status: expect.any(Number), advice: expect.any(String) })
    const html = await request(`/problems/${code}`, {
      headers: BROWSER,
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
    ['/docs/page.css', /^text\/css/],
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

  test('/openapi.json has an entity tag, by which an unchanged document is not sent again', async () => {
    const response = await request('/openapi.json')
    const etag = response.headers.get('ETag') ?? ''
    expect(etag).toMatch(/^"[\w-]{43}"$/)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await request('/openapi.json', { headers: { 'If-None-Match': known } })
      expect([again.status, await again.text(), again.headers.get('ETag')]).toEqual([304, '', etag])
    }
    const stale = await request('/openapi.json', { headers: { 'If-None-Match': '"other"' } })
    expect([stale.status, (await stale.text()).length > 1000]).toEqual([200, true])
  })

  test.each(['/docs', '/docs/{file}'])('%s keeps a 304, and the document lists it', async (path) => {
    const assets = async () => new Response(null, { status: 304, headers: { ETag: '"a"' } })
    const app = await createTestApp({ deps: { assets } })
    const response = await app.request(path.replace('{file}', 'start.js'))
    expect(response.status).toBe(304)
    expect(await response.text()).toBe('')
    type Listed = { paths: Record<string, { get: { responses: object } }> }
    const { paths } = (await (await request('/openapi.json')).json()) as Listed
    expect(paths[path]?.get.responses).toHaveProperty('304')
  })

  test.each(['bytes=0-0', 'bytes=-1', 'bytes=99999999-', 'bytes=9-1', 'x'])(
    'Range: %s gets all of it',
    async (Range) => {
      const response = await request('/openapi.json', { headers: { Range } })
      expect(response.status).toBe(200)
      expect(await response.json()).toHaveProperty('openapi')
    },
  )

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
