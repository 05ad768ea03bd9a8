import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { findChromium, launch } from './support/chromium.ts'
import { freePort, start, untilHealthy } from './support/process.ts'

const executable = findChromium()
if (!executable)
  process.stderr.write('No Chromium here, and none can be installed: the tests in a browser are left out\n')

type Init = { method?: string; headers?: Record<string, string>; body?: string }

/** The usual port if nobody has it, so that the addresses are those of the documentation. */
async function portOr(port: number): Promise<number> {
  const probe = createServer().listen(port, '127.0.0.1')
  const free = await Promise.race([
    once(probe, 'listening').then(() => true),
    once(probe, 'error').then(() => false),
  ])
  probe.close()
  return free ? port : await freePort()
}

/** What any page can make a browser do without asking anybody; a text, since it runs in the page. */
const submitForm = (action: string, fields: Record<string, string>) => `
  const form = Object.assign(document.createElement('form'), { method: 'POST', action: ${JSON.stringify(action)} })
  for (const [name, value] of Object.entries(${JSON.stringify(fields)})) {
    form.append(Object.assign(document.createElement('input'), { name, value }))
  }
  document.body.append(form)
  form.submit()`

describe.runIf(executable)('in a real browser', () => {
  const person = {
    username: 'ada',
    email: 'ada@example.com',
    full_name: 'Ada',
    password: 'correct horse battery',
  }
  const cleanups: (() => unknown)[] = []
  let browser: Browser
  let api: string
  let frontend: string
  let foreigners: string[]

  beforeAll(async () => {
    const control = inject('databasesUrl')
    const created = await fetch(`${control}/postgres`, { method: 'POST' })
    const { url: DATABASE_URL, name } = (await created.json()) as { url: string; name: string }
    const port = await portOr(8000)
    api = `http://localhost:${port}`
    const page = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<h1>A page</h1>'),
    )
    page.listen(await portOr(3000), '127.0.0.1')
    const other = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<h1>Another</h1>'),
    )
    other.listen(0, '127.0.0.1')
    await Promise.all([once(page, 'listening'), once(other, 'listening')])
    const portOf = (server: typeof page) => (server.address() as { port: number }).port
    frontend = `http://localhost:${portOf(page)}`
    // Pages of this machine may do all of it, as this server is on loopback. What DNS rebinding needs is a
    // name of the internet that leads here.
    foreigners = [`http://rebound.test:${portOf(other)}`, `http://localhost.test:${portOf(other)}`]
    const secret = () => crypto.randomUUID() + crypto.randomUUID()
    const env = {
      DATABASE_URL,
      PUBLIC_URL: api,
      APP_URL: frontend,
      PORT: String(port),
      JWT_SECRET: secret(),
      AUTH_SECRETS: secret(),
    }
    const server = start('src/node.ts', { env })
    cleanups.push(
      () => server.interrupt(),
      () => page.close(),
      () => other.close(),
    )
    cleanups.push(() => fetch(`${control}/${name}`, { method: 'DELETE' }))
    await untilHealthy(`http://127.0.0.1:${port}`)
    const headers = { 'Content-Type': 'application/json' }
    await fetch(`${api}/users`, { method: 'POST', headers, body: JSON.stringify(person) })
    browser = await launch(executable ?? '')
    cleanups.unshift(() => browser.close())
  })
  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  /** What a script of the page gets from the API, cookies included; a blocked request has status 0. */
  const send = (page: Page, path: string, init: Init = {}) =>
    page.evaluate(
      async ([url, options]) => {
        const response = await fetch(url, { ...options, credentials: 'include' }).catch(() => null)
        return { status: response?.status ?? 0, body: (await response?.json().catch(() => null)) as unknown }
      },
      [`${api}${path}`, init] as const,
    )
  const login = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: person.email, password: person.password }),
  }

  test('the frontend signs in with cookies, reads, refreshes and signs out', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(frontend)
    expect((await send(page, '/users/me')).status).toBe(401)
    const signedIn = await send(page, '/login?use_cookies=true', login)
    expect(signedIn).toMatchObject({
      status: 200,
      body: { token_type: 'cookie', user: { email: person.email } },
    })
    expect(await page.evaluate('document.cookie')).toBe('')
    const cookies = await context.cookies(api)
    expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
      [`lumascope_${new URL(api).port}_device`, true, 'Lax'],
      [`lumascope_${new URL(api).port}_access`, true, 'Lax'],
      [`lumascope_${new URL(api).port}_refresh`, true, 'Lax'],
    ])
    expect(await send(page, '/users/me')).toMatchObject({ status: 200, body: { email: person.email } })
    expect((await send(page, '/refresh', { method: 'POST' })).status).toBe(200)
    expect((await context.cookies(api))[2]?.value).not.toBe(cookies[2]?.value)
    expect((await send(page, '/users/me')).status).toBe(200)
    expect((await send(page, '/logout', { method: 'POST' })).status).toBe(204)
    // What stays says only that this browser has signed in before.
    const left = await context.cookies(api)
    expect(left.map(({ name }) => name)).toEqual([`lumascope_${new URL(api).port}_device`])
    expect((await send(page, '/users/me')).status).toBe(401)
    await context.close()
  })

  test('a page on another origin can do none of it (rows 49, 51)', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(frontend)
    expect((await send(page, '/login?use_cookies=true', login)).status).toBe(200)
    const before = await context.cookies(api)
    for (const foreign of foreigners) {
      const evil = await context.newPage()
      await evil.goto(foreign)
      const attempts = [
        send(evil, '/users/me'),
        send(evil, '/refresh', { method: 'POST' }),
        send(evil, '/logout', { method: 'POST' }),
        send(evil, '/users/me/sessions', { method: 'DELETE' }),
        send(evil, '/login?use_cookies=true', login),
      ]
      expect(
        (await Promise.all(attempts)).map(({ status }) => status),
        foreign,
      ).toEqual([0, 0, 0, 0, 0])
      // What no preflight asks about: forms, which a browser sends with its cookies and shows the answer of.
      for (const path of ['/logout', '/refresh', '/login?use_cookies=true']) {
        const attacker = await context.newPage()
        await attacker.goto(foreign)
        const fields = path.includes('login') ? { email: person.email, password: person.password } : {}
        const [response] = await Promise.all([
          attacker.waitForResponse(`${api}${path}`),
          attacker.evaluate(submitForm(`${api}${path}`, fields)),
        ])
        // 401 and 204 where the browser sent no cookie along.
        expect([401, 403, 204]).toContain(response.status())
        expect(await response.headerValue('Set-Cookie')).toBeNull()
        await attacker.close()
      }
      await evil.close()
    }
    expect(await context.cookies(api)).toEqual(before)
    expect((await send(page, '/users/me')).status).toBe(200)
    await context.close()
  })
})
