import { describe, expect, test } from 'vitest'
import { ERRORS } from '../../src/features.ts'
import { createTestApp, newPerson, PUBLIC_URL } from '../support/test-app.ts'

const { app, request, post, database, hasher, log } = await createTestApp()

const JSON_TYPE = { 'Content-Type': 'application/json' }

describe('the error contract', () => {
  test('error codes are stable: clients branch on them', () => {
    expect(Object.fromEntries(Object.entries(ERRORS).map(([code, { status }]) => [code, status]))).toEqual({
      malformed_request: 400,
      invalid_or_expired_code: 400,
      invalid_credentials: 401,
      unauthenticated: 401,
      access_token_expired: 401,
      invalid_token: 401,
      forbidden: 403,
      https_required: 403,
      origin_rejected: 403,
      wrong_password: 403,
      email_not_verified: 403,
      registration_closed: 403,
      not_found: 404,
      method_not_allowed: 405,
      request_timeout: 408,
      email_taken: 409,
      username_taken: 409,
      last_admin: 409,
      role_in_use: 409,
      role_exists: 409,
      payload_too_large: 413,
      unsupported_media_type: 415,
      validation_failed: 422,
      weak_password: 422,
      rate_limited: 429,
      headers_too_large: 431,
      internal_error: 500,
      database_unavailable: 503,
      overloaded: 503,
    })
  })

  test('a problem document has status, request id and a sentence about the problem', async () => {
    const response = await request('/nowhere')
    expect(response.status).toBe(404)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    expect(await response.json()).toEqual({
      type: '/problems/not_found',
      title: 'Not found',
      status: 404,
      detail: expect.any(String),
      code: 'not_found',
      instance: `urn:uuid:${response.headers.get('X-Request-Id')}`,
    })
  })

  test("a request id is ours, not the client's", async () => {
    const response = await request('/health', { headers: { 'X-Request-Id': 'chosen-by-client' } })
    expect(response.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('hostile bodies', () => {
  const person = JSON.stringify(newPerson())
  const bytes = (...values: number[]) => new Uint8Array(values)
  const streamed = (size: number) =>
    new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < size; sent += 1024) controller.enqueue(new Uint8Array(1024).fill(32))
        controller.close()
      },
    })
  const cases: [string, BodyInit, Record<string, string>, number, string][] = [
    ['JSON cut short', '{"username":', JSON_TYPE, 400, 'malformed_request'],
    ['an empty body', '', JSON_TYPE, 400, 'malformed_request'],
    ['a raw NUL in JSON', '{"username":"a\u0000"}', JSON_TYPE, 400, 'malformed_request'],
    ['bytes that are not UTF-8 (row 17)', bytes(0x22, 0xff, 0x22), JSON_TYPE, 400, 'malformed_request'],
    ['an overlong UTF-8 form', bytes(0x22, 0xc0, 0xaf, 0x22), JSON_TYPE, 400, 'malformed_request'],
    [
      'a byte order mark, which is no part of what follows (row 17)',
      '\ufeffnull',
      JSON_TYPE,
      422,
      'validation_failed',
    ],
    ['null', 'null', JSON_TYPE, 422, 'validation_failed'],
    ['an array', '[]', JSON_TYPE, 422, 'validation_failed'],
    ['a huge number (row 17)', '1e309', JSON_TYPE, 422, 'validation_failed'],
    ['a text', '"text"', JSON_TYPE, 422, 'validation_failed'],
    [
      '8,000 arrays inside one another',
      '['.repeat(8000) + ']'.repeat(8000),
      JSON_TYPE,
      422,
      'validation_failed',
    ],
    ['100,000 arrays inside one another (row 17)', '['.repeat(100_000), JSON_TYPE, 413, 'payload_too_large'],
    [
      '8,000 deep inside a member',
      `{"email":${'['.repeat(8000)}${']'.repeat(8000)}}`,
      JSON_TYPE,
      422,
      'validation_failed',
    ],
    [
      'a thousand unknown members (row 17)',
      `{${Array.from({ length: 1000 }, (_, i) => `"m${i}":1`)}}`,
      JSON_TYPE,
      422,
      'validation_failed',
    ],
    ['16 KiB and a byte (row 16)', `"${'x'.repeat(16 * 1024 - 1)}"`, JSON_TYPE, 413, 'payload_too_large'],
    [
      'a password of 1 MB (rows 16, 28)',
      JSON.stringify({ ...newPerson(), password: 'x'.repeat(1_000_000) }),
      JSON_TYPE,
      413,
      'payload_too_large',
    ],
    ['1 MB', ' '.repeat(1_000_000), JSON_TYPE, 413, 'payload_too_large'],
    ['1 MB without a length (row 16)', streamed(1_000_000), JSON_TYPE, 413, 'payload_too_large'],
    [
      'no content type (row 18)',
      bytes(...new TextEncoder().encode(person)),
      {},
      415,
      'unsupported_media_type',
    ],
    ['JSON as text/plain (row 18)', person, { 'Content-Type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'a form where JSON is expected',
      new URLSearchParams({ username: 'a' }),
      {},
      415,
      'unsupported_media_type',
    ],
    ['XML', '<a/>', { 'Content-Type': 'application/xml' }, 415, 'unsupported_media_type'],
    [
      'a content type that only starts right',
      person,
      { 'Content-Type': 'application/jsonp' },
      415,
      'unsupported_media_type',
    ],
    [
      'a compressed body',
      person,
      { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
      415,
      'unsupported_media_type',
    ],
  ]
  test.each(cases)('%s: the right 4xx, and nothing happens', async (_, body, headers, status, code) => {
    await database.roundTrips()
    hasher.count = 0
    const init = { method: 'POST', headers, body, ...(body instanceof ReadableStream && { duplex: 'half' }) }
    const response = await request('/users', init as RequestInit)
    expect(response.status).toBe(status)
    const problem = (await response.json()) as { code: string; errors?: unknown[] }
    expect(problem.code).toBe(code)
    expect((problem.errors ?? []).length).toBeLessThanOrEqual(20)
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
    expect(log).toEqual([])
  })

  test('multipart with a broken boundary is malformed', async () => {
    const headers = { 'Content-Type': 'multipart/form-data; boundary=x' }
    const response = await request('/login', { method: 'POST', headers, body: '--y\r\nnonsense' })
    expect(response.status).toBe(400)
  })

  test('a file in place of a string is refused', async () => {
    const body = new FormData()
    body.set('email', new Blob(['a@example.com']), 'email.txt')
    body.set('password', 'x')
    expect((await request('/login', { method: 'POST', body })).status).toBe(422)
  })

  test('exactly 16 KiB is read', async () => {
    const body = `"${'x'.repeat(16 * 1024 - 2)}"`
    expect((await post('/users', body)).status).toBe(422)
  })
})

describe('paths and methods (row 80)', () => {
  test.each([
    ['GET', '/login', 'POST, OPTIONS'],
    ['DELETE', '/users', 'GET, POST, HEAD, OPTIONS'],
    ['POST', '/users/1', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['PATCH', '/roles/editor', 'PUT, DELETE, OPTIONS'],
    ['POST', '/users/me', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['PUT', '/health/', 'GET, HEAD, OPTIONS'],
    ['PROPFIND', '/health', 'GET, HEAD, OPTIONS'],
    ['POST', '/docs/start.js', 'GET, HEAD, OPTIONS'],
  ])('%s %s: 405 with Allow', async (method, path, allow) => {
    const response = await request(path, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('Allow')).toBe(allow)
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' })
  })

  test('OPTIONS lists the methods of a path', async () => {
    const response = await request('/users/me/password', { method: 'OPTIONS' })
    expect(response.status).toBe(204)
    expect(response.headers.get('Allow')).toBe('POST, OPTIONS')
  })

  test('HEAD answers like GET without a body', async () => {
    const response = await request('/health', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
  })

  test.each([
    '/.git/HEAD',
    '/users/1/../me',
    '//users/me',
    '/USERS/ME',
    '/users/me/x.css',
    '/users/me%0a',
    '/%75sers/me',
    '/users/me;x',
    '/users/./me',
    '/users\\me',
    '/%',
    '/metrics',
  ])('GET %s is not found, or guarded', async (path) => {
    const response = await app.fetch(new Request(PUBLIC_URL + path))
    expect([404, 401]).toContain(response.status)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  test('a method override has no effect', async () => {
    const response = await request('/login', { headers: { 'X-HTTP-Method-Override': 'POST' } })
    expect(response.status).toBe(405)
  })
})
