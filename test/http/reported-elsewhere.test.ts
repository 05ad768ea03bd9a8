import { expect, test } from 'vitest'
import { createTestApp, FRONTEND, newPerson, type TokenPair } from '../support/test-app.ts'

// What clients sent to other auth backends, and broke them with. Each is a public report.

const app = await createTestApp()
const { request, post, as, me, register, openSession, database, log } = app

/** workerd prints a warning for each header sent by a test that is not ASCII. */
const isSendable = (text: string) => navigator.userAgent !== 'Cloudflare-Workers' || /^[\t -~]*$/.test(text)

const JSON_TYPE = { 'Content-Type': 'application/json' }
const person = await register()
const { email, password } = person
const signInByCookie = async () => {
  const response = await post('/login?use_cookies=true', { email, password }, { Origin: FRONTEND })
  const jar = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  return { jar: jar.join('; '), access: jar.find((pair) => pair?.includes('_access=')) ?? '' }
}

/** @see https://github.com/better-auth/better-auth/issues/9295 and buildinternet/uploads#757: 500, and 415 */
test.each([
  ['no body and no type', {}],
  ['no body of JSON', { headers: JSON_TYPE, body: '' }],
  ['no body of a form', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }],
  ['what fetch sends for an empty text', { body: '' }],
  ['null, as some libraries write nothing', { headers: JSON_TYPE, body: 'null' }],
])('signing out and refreshing with %s', async (_, init: { headers?: object; body?: string }) => {
  const { jar } = await signInByCookie()
  const headers = { ...init.headers, Cookie: jar, Origin: FRONTEND }
  const refreshed = await request('/refresh', { ...init, method: 'POST', headers })
  expect(refreshed.status, await refreshed.clone().text()).toBe(200)
  const Cookie = refreshed.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
  const out = await request('/logout', { ...init, method: 'POST', headers: { ...headers, Cookie } })
  expect(out.status).toBe(204)
  expect((await request('/users/me', { headers: { Cookie } })).status).toBe(401)
})

/** @see https://github.com/better-auth/better-auth/issues/9295 */
test('signing out with invalid JSON is the client’s fault, and ends no session', async () => {
  const { jar } = await signInByCookie()
  const headers = { ...JSON_TYPE, Cookie: jar, Origin: FRONTEND }
  expect((await request('/logout', { method: 'POST', headers, body: 'not json' })).status).toBe(400)
  expect((await request('/users/me', { headers: { Cookie: jar } })).status).toBe(200)
})

/** @see https://github.com/better-auth/better-auth/issues/5536 */
test('an app whose system keeps cookies and sends no origin goes on with its tokens', async () => {
  const { jar } = await signInByCookie()
  const first = await post('/login', { email, password }, { Cookie: jar })
  expect(first.status).toBe(200)
  const { refresh_token } = (await first.json()) as TokenPair
  const second = await post('/refresh', { refresh_token }, { Cookie: jar })
  expect(second.status).toBe(200)
  const pair = (await second.json()) as TokenPair
  const renamed = await as(pair).patch('/users/me', { full_name: 'New Name' }, { Cookie: jar })
  expect(renamed.status).toBe(200)
  expect((await post('/logout', { refresh_token: pair.refresh_token }, { Cookie: jar })).status).toBe(204)
  expect((await me(pair.access_token)).status).toBe(401)
})

/**
 * @see https://github.com/supabase/auth/pull/1828 and issue 1550: 403, and the client can't sign out any more
 */
test('signing out twice of a session that has ended, and of a deleted account', async () => {
  const gone = await register()
  const attempt = { email: gone.email, password: gone.password }
  const signedIn = await post('/login?use_cookies=true', attempt, { Origin: FRONTEND })
  const Cookie = signedIn.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
  const pair = await openSession(gone)
  await database.sql('delete from users where id = $1', [gone.id])
  for (let time = 0; time < 2; time++) {
    const byCookie = await request('/logout', { method: 'POST', headers: { Cookie, Origin: FRONTEND } })
    expect(byCookie.status).toBe(204)
    expect(byCookie.headers.getSetCookie().join()).toContain('Max-Age=0')
    expect((await post('/logout', { refresh_token: pair.refresh_token })).status).toBe(204)
    expect((await as(pair).post('/logout')).status).toBe(204)
  }
})

/** @see https://github.com/supertokens/supertokens-node/issues/1038 */
test('a refresh with the expired access token beside it', async () => {
  const { access_token, refresh_token } = await openSession(person)
  const now = app.clock.now
  app.clock.now = new Date(now.getTime() + 3_600_000)
  expect((await me(access_token)).status).toBe(401)
  expect((await as(access_token).post('/refresh', { refresh_token })).status).toBe(200)
  app.clock.now = now
})

/** @see https://github.com/Kaoruha/GinkGO/issues/5389: redirected, and the token is lost on the way */
test('a slash behind a path, with every method and the token', async () => {
  const other = await register()
  const token = await app.signIn(other)
  const send = async (method: string, path: string, body?: object) =>
    (await as(token).send(method, path, body)).status
  expect(await send('GET', '/users/me/')).toBe(200)
  expect(await send('PATCH', '/users/me/', { full_name: 'New Name' })).toBe(200)
  expect(await send('POST', '/users/', newPerson())).toBe(201)
  expect(await send('DELETE', '/users/me/sessions/?keep_current=true')).toBe(204)
  expect(await send('DELETE', '/users/me/', { password: other.password })).toBe(204)
})

/** @see https://github.com/langfuse/langfuse/pull/16633 and supabase/supabase#13405, supabase/auth#2252 */
test('the space that a keyboard appends to an address, and a domain of one letter', async () => {
  const other = await register({ email: ' A@a.com\u00a0' })
  expect(await (await me(await app.signIn({ ...other, email: 'a@A.com ' }))).json()).toMatchObject({
    email: 'a@a.com',
  })
})

/** @see https://github.com/clerk/javascript/pull/9345 and payloadcms/payload#5266: URIError, 500 */
test("other programs' cookies on the same host, whatever is in them", async () => {
  const { jar } = await signInByCookie()
  const foreign = [
    'x=100%',
    'y=%E0%A4%A',
    'z=%GG',
    '=',
    '==',
    ';',
    'no-value',
    '"q"="v',
    '__proto__=1',
    'a=b=c',
    'ü=é',
  ]
  for (const cookie of foreign.filter(isSendable)) {
    for (const Cookie of [`${cookie}; ${jar}`, `${jar}; ${cookie}`, `${jar};${cookie};`]) {
      expect((await request('/users/me', { headers: { Cookie } })).status, cookie).toBe(200)
    }
  }
  for (const value of ['%GG', '100%', '%00', '"quoted"', '']) {
    const headers = {
      Cookie: `lumascope_8000_access=${value}; lumascope_8000_refresh=${value}`,
      Origin: FRONTEND,
    }
    expect((await request('/users/me', { headers })).status, value).toBe(401)
    expect((await request('/logout', { method: 'POST', headers })).status, value).toBe(204)
  }
  expect(log.filter(({ event }) => event === 'request_failed')).toEqual([])
})

/** @see https://github.com/pixelfed/pixelfed/issues/1445 and matrix-org/synapse#8632: 500 on signing in */
const agents: [string, string][] = [
  ['a long one', 'Mozilla/5.0 '.repeat(600)],
  ['one that is no UTF-8', 'MiuiBrowser/10.8 \u00ee\u00ce\u00ff'],
  ['one of another encoding', 'App/1 \u00d0\u009f\u00d1\u0080'],
  ['an empty one', ''],
  ['one with a tab', 'a\tb'],
]
test.each(agents.filter(([, agent]) => isSendable(agent)))('a User-Agent: %s', async (_, agent) => {
  const signedIn = await post('/login', { email, password }, { 'User-Agent': agent })
  expect(signedIn.status).toBe(200)
  const { access_token } = (await signedIn.json()) as TokenPair
  const { items } = (await (await as(access_token).get('/users/me/sessions')).json()) as {
    items: { current: boolean; user_agent: string | null }[]
  }
  const shown = items.find(({ current }) => current)?.user_agent ?? ''
  expect(shown.isWellFormed()).toBe(true)
  expect(shown.length).toBeLessThanOrEqual(512)
})

/** @see https://github.com/nextauthjs/next-auth/pull/13469 and ory/hydra#631 */
const credentials = [
  'Bearer %GG',
  'Bearer %E0%A4%A',
  'Bearer undefined',
  'Bearer null',
  'Bearer Bearer x.y.z',
  'Bearer "x"',
  'Bearer \u00ff',
  'Basic %GG:%',
  'Basic',
  'Digest username="a"',
  'null',
]
test.each(credentials.filter(isSendable))(
  'Authorization: %s is nobody, not an error of ours',
  async (Authorization) => {
    await database.roundTrips()
    const response = await request('/users/me', { headers: { Authorization } })
    expect(response.status).toBe(401)
    expect(await database.roundTrips()).toEqual([])
    const form = new URLSearchParams({ username: email, password })
    const signedIn = await request('/login', { method: 'POST', headers: { Authorization }, body: form })
    expect(signedIn.status).toBe(200)
  },
)

/** @see https://github.com/ory/kratos/issues/3255 and dadi/api#594 */
test('parameters of media types, in Accept and in Content-Type, and any case', async () => {
  const page = async (Accept: string) =>
    (await request('/problems/not_found', { headers: { Accept } })).headers.get('Content-Type')
  expect(await page('application/json; charset=utf-8')).toMatch(/^application\/json/)
  expect(await page('text/html;charset=utf-8,application/xhtml+xml')).toMatch(/^text\/html/)
  expect(await page('*/*')).toMatch(/^application\/json/)
  for (const type of [
    'application/json;charset=UTF-8',
    'Application/JSON; charset="utf-8"',
    'application/json ; charset=utf-8',
    'application/json;',
  ]) {
    expect((await post('/login', { email, password }, { 'Content-Type': type })).status, type).toBe(200)
  }
})
