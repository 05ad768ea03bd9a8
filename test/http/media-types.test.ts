import { expect, test } from 'vitest'
import { metadataOf } from '../../src/http/describe-route.ts'
import { createTestApp, newPerson } from '../support/test-app.ts'

const app = await createTestApp()
const { post, as, database, hasher } = app
// What a permission guards takes a body too.
const administrator = await app.register()
await database.sql("insert into user_roles values ($1, 'admin')", [administrator.id])
const token = await app.signIn(administrator)

/** Every route that takes a body, whoever adds it. */
const taking = app.app.routes.flatMap(({ method, path, handler }) => {
  const { body } = metadataOf(handler)
  return body ? [{ method, path: path.replaceAll(/:\w+(\{.*?\})?/g, '1'), media: body.media }] : []
})

const send = async (method: string, path: string, headers: Record<string, string>) =>
  await as(token).request(path, {
    method,
    headers,
    body: new TextEncoder().encode('{"email":"a"}'),
  })

test('a 415 on any route lists the accepted content types (RFC 9110 section 12.5.1)', async () => {
  expect(taking.length).toBeGreaterThan(8)
  hasher.count = 0
  for (const { method, path, media } of taking) {
    for (const type of ['text/plain', 'application/jsonp', 'application/vnd.api+json', '']) {
      const response = await send(method, path, type ? { 'Content-Type': type } : {})
      expect(response.status, `${method} ${path}`).toBe(415)
      expect(response.headers.get('Accept')).toBe(media.join(', '))
      expect(response.headers.get('Accept-Patch')).toBe(method === 'PATCH' ? media.join(', ') : null)
      expect(response.headers.get('Accept-Encoding')).toBeNull()
      const { detail } = (await response.json()) as { detail: string }
      for (const accepted of media) expect(detail).toContain(accepted)
    }
  }
  expect(hasher.count).toBe(0)
})

test('a 415 on any route says that no coding is accepted (RFC 9110 section 12.5.3)', async () => {
  hasher.count = 0
  for (const { method, path, media } of taking) {
    for (const coding of ['gzip', 'br', 'zstd', 'gzip, identity', 'aes128gcm']) {
      const headers = { 'Content-Type': media[0] ?? '', 'Content-Encoding': coding }
      const response = await send(method, path, headers)
      expect(response.status, `${method} ${path}`).toBe(415)
      expect(response.headers.get('Accept-Encoding')).toBe('identity')
      expect(response.headers.get('Accept')).toBeNull()
      expect(await response.json()).toMatchObject({
        code: 'unsupported_media_type',
        detail: expect.stringContaining('Content-Encoding'),
      })
    }
  }
  expect(hasher.count).toBe(0)
})

test.each(['identity', 'Identity', ''])('the coding "%s" is none, and the body is read', async (coding) => {
  expect((await post('/users', newPerson(), { 'Content-Encoding': coding })).status).toBe(201)
})

test('no other answer lists content types', async () => {
  await database.roundTrips()
  for (const response of [await post('/users', {}), await post('/users', '{')]) {
    expect(response.headers.get('Accept')).toBeNull()
    expect(response.headers.get('Accept-Encoding')).toBeNull()
  }
  expect(await database.roundTrips()).toEqual([])
})
