import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { findChromium, launch } from './support/chromium.ts'
import { freePort, start, untilHealthy } from './support/process.ts'

const executable = findChromium()
const person = { email: 'ada@example.com', password: 'correct horse battery staple' }

describe.runIf(executable)('the documentation page in a real browser', () => {
  const cleanups: (() => unknown)[] = []
  /** What the browser had to say of the page: everything that its policy forbids, for a start. */
  const complaints: string[] = []
  let browser: Browser
  let api: string
  let page: Page

  beforeAll(async () => {
    const control = inject('databasesUrl')
    const created = await fetch(`${control}/postgres`, { method: 'POST' })
    const { url: DATABASE_URL, name } = (await created.json()) as { url: string; name: string }
    const port = await freePort()
    api = `http://localhost:${port}`
    const [JWT_SECRET, AUTH_SECRETS] = [0, 1].map(() => crypto.randomUUID() + crypto.randomUUID())
    const env = { DATABASE_URL, PUBLIC_URL: api, PORT: String(port), JWT_SECRET, AUTH_SECRETS }
    const server = start('src/node.ts', { env })
    cleanups.push(
      () => server.interrupt(),
      () => fetch(`${control}/${name}`, { method: 'DELETE' }),
    )
    await untilHealthy(`http://127.0.0.1:${port}`)
    browser = await launch(executable ?? '')
    cleanups.unshift(() => browser.close())
    page = await browser.newPage({ viewport: { width: 1100, height: 800 } })
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(`${api}/docs`)
    await page.locator('.opblock').first().waitFor()
  })
  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  const open = async (id: string): Promise<Locator> => {
    const operation = page.locator(`#operations-${id}`)
    await operation.locator('.opblock-summary-control').first().click()
    await operation.locator('.opblock-body .responses-table').first().waitFor()
    return operation
  }
  /** Sends what the page itself fills in, and returns the status that it shows. */
  const tryOut = async (operation: Locator): Promise<string> => {
    await operation.locator('.try-out__btn').click()
    await operation.locator('.execute').click()
    const status = operation.locator('.live-responses-table .response-col_status').last()
    await status.waitFor()
    return (await status.innerText()).trim()
  }

  test('is called what the instance is called', async () => {
    expect(await page.title()).toBe('LumaScope Auth')
  })

  test('lists routes for users before those for administrators and operators', async () => {
    const sections = await page.locator('.opblock-tag').evaluateAll((all) => all.map(({ id }) => id))
    expect(sections).toEqual([
      'operations-tag-Sign-in',
      'operations-tag-Your_account',
      'operations-tag-Email_address',
      'operations-tag-Administration',
      'operations-tag-Service',
    ])
    const first = await page.locator('.opblock').evaluateAll((all) => all.slice(0, 2).map(({ id }) => id))
    expect(first).toEqual(['operations-Sign-in-postUsers', 'operations-Sign-in-postLogin'])
  })

  test('its sample requests are answered as they stand, and the token they bring works', async () => {
    const registering = await open('Sign-in-postUsers')
    // The largest there is, with two answers: two screens, where the errors had a screen each.
    expect((await registering.boundingBox())?.height).toBeLessThan(1900)
    expect(await tryOut(registering)).toBe('201')
    expect(await tryOut(await open('Sign-in-postLogin'))).toBe('200')
    await page.locator('.btn.authorize').first().click()
    const dialog = page.locator('.auth-container').first()
    await dialog.locator('#oauth_username').fill(person.email)
    await dialog.locator('#oauth_password').fill(person.password)
    await dialog.locator('.authorize').click()
    await page.locator('.auth-container', { hasText: 'Logout' }).first().waitFor()
    await page.locator('.close-modal').click()
    expect(await tryOut(await open('Your_account-getUsersMe'))).toBe('200')
    expect(complaints).toEqual([])
  })

  test('offers a bearer token and the cookie beside name and password', async () => {
    await page.locator('.btn.authorize').first().click()
    const offered = await page.locator('.auth-container h4').allInnerTexts()
    expect(offered.map((text) => text.split(/\s/)[0])).toEqual(['password', 'bearer', 'cookie'])
    await page.locator('.close-modal').click()
  })

  /** Of the page itself, as it is drawn. */
  const background = async (path: string, colorScheme: 'light' | 'dark') => {
    const context = await browser.newContext({ colorScheme })
    const opened = await context.newPage()
    opened.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await opened.goto(api + path)
    const element = path === '/docs' ? 'documentElement' : 'body'
    const colour = await opened.evaluate(`getComputedStyle(document.${element}).backgroundColor`)
    await context.close()
    return colour
  }

  test('pages for people are styled, and readable in the dark', async () => {
    for (const path of ['/', '/problems/email_taken']) {
      expect(await background(path, 'light')).toBe('rgb(255, 255, 255)')
      expect(await background(path, 'dark')).toBe('rgb(20, 23, 26)')
    }
    expect(await background('/docs', 'dark')).not.toBe(await background('/docs', 'light'))
    expect(complaints).toEqual([])
  })
})
