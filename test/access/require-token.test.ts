import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { requireToken } from '../../src/access/require-token.ts'
import { requireUser } from '../../src/access/require-user.ts'
import { type AppEnv, requestContext } from '../../src/http/context.ts'
import { handleError } from '../../src/http/handle-error.ts'
import { requestsAs } from '../support/requests-as.ts'
import { createTestApp, payloadOf } from '../support/test-app.ts'

const { deps, database, register, openSession, post, clock } = await createTestApp()

let handled = 0
/** A router as people build their own on this app. */
const own = new Hono<AppEnv>()
  .use(requestContext(deps, ({ passwords }) => passwords))
  .get('/reports', requireToken(), (c) => {
    handled++
    return c.json(c.var.token)
  })
  .get('/account', requireUser(), (c) => {
    handled++
    return c.json({ id: c.var.user.id, sessionId: c.var.sessionId })
  })
own.onError(handleError)

const get = async (path: string, token?: string) =>
  token === undefined ? await own.request(path) : await requestsAs(own.request, token).get(path)

test('a route behind requireToken costs no query and knows who it is', async () => {
  const person = await register()
  const { access_token } = await openSession(person)
  await database.roundTrips()
  const response = await get('/reports', access_token)
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ userId: person.id, sessionId: payloadOf(access_token)['sid'] })
  expect(await database.roundTrips()).toEqual([])
})

test('requireUser refuses a revoked session at once, requireToken when its token expires', async () => {
  const { access_token, refresh_token } = await openSession(await register())
  await post('/logout', { refresh_token })
  expect((await get('/account', access_token)).status).toBe(401)
  expect((await get('/reports', access_token)).status).toBe(200)
  const now = clock.now
  clock.now = new Date(now.getTime() + 1_800_000)
  expect((await get('/reports', access_token)).status).toBe(401)
  clock.now = now
})

test('a refused request never reaches the handler', async () => {
  handled = 0
  for (const path of ['/reports', '/account']) {
    expect((await get(path)).status).toBe(401)
    expect((await get(path, 'nonsense')).status).toBe(401)
  }
  expect(handled).toBe(0)
})
