import { expect, test } from 'vitest'
import { createTestApp, FRONTEND } from '../support/test-app.ts'

const { request } = await createTestApp()

const unknown = { code: 'validation_failed', errors: [{ pointer: '', code: 'unknown_member' }] }
test.each([
  [
    'query',
    '/login?use_cookies=true&password=first&the-rest-of-it=',
    '{"email":"a","password":"b"}',
    unknown,
  ],
  ['form', '/login', 'email=a&password=first&the-rest-of-it=', { code: 'invalid_credentials' }],
])(
  'a %s in which an unescaped & makes a name of half a password does not get it back (row 53)',
  async (kind, path, body, problem) => {
    const type = kind === 'form' ? 'application/x-www-form-urlencoded' : 'application/json'
    const response = await request(path, {
      method: 'POST',
      headers: { 'Content-Type': type, Origin: FRONTEND },
      body,
    })
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject(problem)
    expect(text).not.toContain('the-rest-of-it')
  },
)
