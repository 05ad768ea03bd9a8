import { expect, test } from 'vitest'
import { createTestApp, FRONTEND } from '../support/test-app.ts'

const { request } = await createTestApp()

test.each([
  ['query', '/login?use_cookies=true&password=first&the-rest-of-it=', '{"email":"a","password":"b"}'],
  ['form', '/login', 'email=a&password=first&the-rest-of-it='],
])(
  'a %s in which an unescaped & makes a name of half a password does not get it back (row 53)',
  async (kind, path, body) => {
    const type = kind === 'form' ? 'application/x-www-form-urlencoded' : 'application/json'
    const response = await request(path, {
      method: 'POST',
      headers: { 'Content-Type': type, Origin: FRONTEND },
      body,
    })
    expect(response.status).toBe(422)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({
      errors: [{ pointer: '', code: 'unknown_member', detail: 'has an unknown member' }],
    })
    expect(text).not.toContain('the-rest-of-it')
  },
)
