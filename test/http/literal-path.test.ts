import { expect, test } from 'vitest'
import { createTestApp } from '../support/test-app.ts'

const { app, request, requests, database, register, signIn, as } = await createTestApp()

const patterns = [...new Set(app.routes.map(({ path }) => path))]

test.each(['/*/', '/%2a', '/:/*', ...patterns])('a request for %s is one request', async (path) => {
  requests.length = 0
  for (const method of ['GET', 'POST', 'OPTIONS']) {
    const response = await request(path, { method })
    expect(requests.splice(0)).toHaveLength(1)
    const type = response.headers.get('Content-Type')
    if (type !== 'application/problem+json') continue
    expect(await response.json()).toMatchObject({
      instance: `urn:uuid:${response.headers.get('X-Request-Id')}`,
    })
  }
})

test('a guard runs once for a parameter with the name of its pattern', async () => {
  const token = await signIn(await register())
  await database.roundTrips()
  expect((await as(token).delete('/users/me/sessions/:id')).status).toBe(404)
  expect((await as(token).delete('/users/me/sessions/x')).status).toBe(404)
  const [spelt = [], other = [], ...more] = await database.roundTrips()
  expect([spelt, other, more].map(({ length }) => length)).toEqual([1, 1, 0])
})

test('a parameter is what the client sent', async () => {
  const admin = await register()
  await database.sql("insert into user_roles (user_id, role_name) values ($1, 'admin')", [admin.id])
  const response = await as(await signIn(admin)).put('/roles/:name', { description: 'x', permissions: [] })
  expect(response.status).toBe(422)
  expect(await (await request('/problems/:code')).json()).toMatchObject({ code: 'not_found' })
})
