import { expect, test } from 'vitest'
import { runtime } from '#runtime'
import { createTestApp, PUBLIC_URL } from '../support/test-app.ts'

const { app, request, database, hasher, log, requests } = await createTestApp()

/** What a body is to us whose client goes away after so many bytes of it. */
const cutOff = (text: string) =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    pull: (controller) => controller.error(new Error('The connection is gone')),
  })

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

test.each([
  ['POST', '/users', JSON_TYPE],
  ['POST', '/login', JSON_TYPE],
  ['POST', '/login', FORM_TYPE],
  ['POST', '/login', 'multipart/form-data; boundary=a'],
  ['POST', '/refresh', JSON_TYPE],
  ['POST', '/refresh', ''],
  ['POST', '/logout', FORM_TYPE],
  ['PATCH', '/users/me', JSON_TYPE],
  ['DELETE', '/users/me', JSON_TYPE],
  ['POST', '/nothing', 'text/plain'],
])(
  'a body that ends early is the client’s fault, whatever reads it: %s %s %s',
  async (method, path, type) => {
    await database.roundTrips()
    hasher.count = 0
    for (const length of ['100', null]) {
      const response = await request(path, {
        method,
        headers: { ...(type && { 'Content-Type': type }), ...(length && { 'Content-Length': length }) },
        body: cutOff('{"password":"correct horse battery",'),
        duplex: 'half',
      } as RequestInit)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'malformed_request' })
    }
    expect(log).toEqual([])
    expect(requests.splice(0).map(({ status }) => status)).toEqual([400, 400])
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
  },
)

// Node's Fetch makes no such request, and its server refuses one before the application.
test.runIf(runtime === 'workerd').each(['/health', '/docs', '/openapi.json', '/users/me', '/nothing'])(
  'a URL with credentials in it is no fault of ours: %s',
  async (path) => {
    const { host } = new URL(PUBLIC_URL)
    expect((await app.fetch(new Request(`http://user:password@${host}${path}`))).status).toBeLessThan(500)
    expect(log).toEqual([])
  },
)
