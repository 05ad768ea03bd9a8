import { describe, expect, test } from 'vitest'
import { metadataOf } from '../../src/http/describe-route.ts'
import { createTestApp, FRONTEND } from '../support/test-app.ts'

const app = await createTestApp()
const { request, database, hasher } = app

const signIn = async () => {
  const { email, password } = await app.register()
  const response = await app.post('/login?use_cookies=true', { email, password }, { Origin: FRONTEND })
  const cookies = response.headers.getSetCookie()
  const cookie = (kind: string) => {
    const [pair = ''] = cookies.find((text) => text.includes(`_${kind}=`))?.split(';') ?? []
    return pair
  }
  return { access: cookie('access'), refresh: cookie('refresh'), cookies }
}

/** Every route that has a guard, whoever adds it. */
const guarded = app.app.routes
  .filter(({ handler }) => (metadataOf(handler).access ?? 'anyone') !== 'anyone')
  .map(({ method, path }) => ({ method, path: path.replaceAll(/:\w+(\{.*?\})?/g, '1') }))

describe('a browser whose access cookie has gone with its token', async () => {
  const { access, refresh } = await signIn()

  test('every route with a guard answers it with access_token_expired, without a query', async () => {
    expect(guarded.length).toBeGreaterThan(15)
    await database.roundTrips()
    hasher.count = 0
    for (const { method, path } of guarded) {
      const name = `${method} ${path}`
      const response = await request(path, { method, headers: { Cookie: refresh, Origin: FRONTEND } })
      expect(response.status, name).toBe(401)
      expect(await response.json(), name).toMatchObject({
        code: 'access_token_expired',
        detail: expect.stringContaining('POST /refresh'),
      })
      // No access token was presented, so there is no error to name (RFC 6750 section 3.1).
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="LumaScope"')
      expect(response.headers.getSetCookie()).toEqual([])
    }
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
  })

  test('can do what the answer says', async () => {
    const headers = { Cookie: refresh, Origin: FRONTEND }
    const response = await request('/refresh', { method: 'POST', headers })
    expect(response.status).toBe(200)
    const Cookie = response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ')
    expect((await request('/users/me', { headers: { Cookie } })).status).toBe(200)
  })

  const others: [string, Record<string, string>, number, string][] = [
    ['nothing', {}, 401, 'unauthenticated'],
    ['another scheme alone', { Authorization: 'Basic YTpi' }, 401, 'unauthenticated'],
    ['another scheme', { Authorization: 'Basic YTpi', Cookie: refresh }, 401, 'access_token_expired'],
    ['a bearer token that is none', { Authorization: 'Bearer x', Cookie: refresh }, 401, 'invalid_token'],
    ['an empty bearer token', { Authorization: 'Bearer', Cookie: refresh }, 401, 'invalid_token'],
    [
      'an access cookie that is none',
      { Cookie: `lumascope_8000_access=x; ${refresh}` },
      401,
      'invalid_token',
    ],
    ['two refresh cookies', { Cookie: `${refresh}; lumascope_8000_refresh=x` }, 401, 'invalid_token'],
    [
      'two access cookies',
      { Cookie: `${access}; lumascope_8000_access=x; ${refresh}` },
      401,
      'invalid_token',
    ],
    ['a foreign page', { Cookie: refresh, Origin: 'https://evil.example' }, 403, 'origin_rejected'],
    ['a page that says nothing', { Cookie: refresh, Origin: '' }, 403, 'origin_rejected'],
  ]
  test.each(others)('but with %s it is what it was', async (_, headers, status, code) => {
    await database.roundTrips()
    const init = { method: 'DELETE', headers: { Origin: FRONTEND, ...headers } }
    const response = await request('/users/me/sessions', init)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code })
    expect(await database.roundTrips()).toEqual([])
  })
})

test('the access cookie expires before its token, so that no browser sends an expired one', async () => {
  const { cookies } = await signIn()
  const [maxAge] = cookies.flatMap((cookie) => /_access=.*Max-Age=(\d+)/.exec(cookie)?.slice(1) ?? [])
  expect(Number(maxAge)).toBeLessThanOrEqual(app.config.accessTokenSeconds - 5)
  const shortest = await createTestApp({ variables: { ACCESS_TOKEN_SECONDS: '60' } })
  const { email, password } = await shortest.register()
  const answer = await shortest.post('/login?use_cookies=true', { email, password }, { Origin: FRONTEND })
  expect(answer.headers.getSetCookie().join()).toContain('Max-Age=55')
})
