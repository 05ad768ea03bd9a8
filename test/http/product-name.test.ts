import { describe, expect, test } from 'vitest'
import { createTestApp, FRONTEND, newPerson } from '../support/test-app.ts'

const database = (await createTestApp()).database
const named = async (PRODUCT_NAME: string, variables: Record<string, string> = {}) =>
  await createTestApp({ database, variables: { PRODUCT_NAME, ...variables } })

describe('the name of the product', () => {
  test('is on its pages', async () => {
    const app = await named('Acme & Söhne')
    const page = async (path: string) =>
      await (await app.request(path, { headers: { Accept: 'text/html' } })).text()
    expect(await page('/')).toContain('<title>Acme &amp; Söhne Auth</title>')
    expect(await page('/problems/forbidden')).toContain('>Acme &amp; Söhne Auth</a>')
    expect(await (await app.request('/')).json()).toMatchObject({ name: 'Acme & Söhne Auth' })
    expect(await page('/')).not.toContain('LumaScope')
  })

  test.each([
    ['Acme Notes', 'acme-notes', 'Acme Notes'],
    ['LumaScope', 'lumascope', 'LumaScope'],
    ['Größe 9!', 'gro-e-9', 'gro-e-9'],
    ['Café', 'cafe', 'cafe'],
    ['\u6771\u4eac', 'auth', 'auth'],
    ['A "quoted" \\ name', 'a-quoted-name', 'A \\"quoted\\" \\\\ name'],
  ])('%s: cookies begin with %s, and the realm is %s', async (name, slug, realm) => {
    const app = await named(name)
    const response = await app.post('/users?sign_in=true&use_cookies=true', newPerson(), { Origin: FRONTEND })
    const names = response.headers.getSetCookie().map((cookie) => cookie.split('=')[0])
    expect(names).toEqual(['device', 'access', 'refresh'].map((kind) => `${slug}_8000_${kind}`))
    const Cookie = response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ')
    expect((await app.request('/users/me', { headers: { Cookie } })).status).toBe(200)
    const refused = await app.request('/users/me')
    expect(refused.headers.get('WWW-Authenticate')).toBe(`Bearer realm="${realm}"`)
  })

  test('over https its cookies are for this host alone', async () => {
    const origins = { PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' }
    const app = await named('Acme', origins)
    const path = '/users?sign_in=true&use_cookies=true'
    const response = await app.post(path, newPerson(), { Origin: 'https://app.example.com' })
    const cookies = response.headers.getSetCookie()
    expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(
      ['device', 'access', 'refresh'].map((kind) => `__Host-acme_${kind}`),
    )
    for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Lax$/)
  })

  test('two products on one host keep their cookies apart', async () => {
    const [one, other] = [await named('One'), await named('Other')]
    const response = await one.post('/users?sign_in=true&use_cookies=true', newPerson(), { Origin: FRONTEND })
    const Cookie = response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ')
    expect((await other.request('/users/me', { headers: { Cookie } })).status).toBe(401)
  })

  test.each(['acmenotes1', 'Acme-Notes.2026', 'notes acme!!', 'ACME\u200bNOTES99'])(
    'no password consists of it: %s',
    async (password) => {
      const app = await named('Acme Notes')
      const response = await app.post('/users', { ...newPerson(), password })
      expect(response.status).toBe(422)
      expect(await response.json()).toMatchObject({
        code: 'weak_password',
        errors: [{ code: 'resembles_account' }],
      })
    },
  )

  test('a password of another product’s name is no worse than any, and neither is one that merely has the word', async () => {
    const app = await named('Acme Notes')
    for (const password of ['lumascope is dark', 'my notes about seventeen horses'])
      expect((await app.post('/users', { ...newPerson(), password })).status).toBe(201)
  })
})
