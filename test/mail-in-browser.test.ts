import { readFileSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppEnv } from '../src/http/context.ts'
import { securityHeaders } from '../src/http/security-headers.ts'
import { mailboxPage } from '../src/mail/mailbox-page.ts'
import type { MessageName } from '../src/mail/message.ts'
import { findChromium, launch } from './support/chromium.ts'
import { EVERY_MESSAGE, HOSTILE, renderTypical, typical } from './support/messages.ts'

const executable = findChromium()
/** A folder for pictures of all messages, to look at. */
const shots = process.env['MAIL_SHOTS']

const VIEWS = [
  { view: 'light', colorScheme: 'light', width: 800 },
  { view: 'dark', colorScheme: 'dark', width: 800 },
  { view: 'narrow', colorScheme: 'light', width: 360 },
  { view: 'narrow-dark', colorScheme: 'dark', width: 360 },
] as const

/** In the page: texts with less contrast than 4.5 to 1 (WCAG 2.2 criterion 1.4.3), and how many there are. */
const CONTRASTS = `(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number)
  const luminance = (color) => {
    const [r, g, b] = parse(color).slice(0, 3).map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const backgroundOf = (element) => {
    const color = getComputedStyle(element).backgroundColor
    return (parse(color)[3] ?? 1) > 0 ? color : backgroundOf(element.parentElement)
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const weak = []
  let texts = 0
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue
    texts++
    const pair = [getComputedStyle(element).color, backgroundOf(element)].map(luminance)
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)
    if (contrast < 4.5) weak.push(walker.currentNode.data.trim() + ': ' + contrast.toFixed(2))
  }
  return { texts, weak }
})()`

const CARD = `getComputedStyle(document.querySelector('.card')).backgroundColor`
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

describe.runIf(executable)('messages in a real browser', () => {
  let browser: Browser
  const complaints: string[] = []
  const requested: string[] = []
  const pages = new Map<string, Page>()

  const open = async ({ colorScheme, width }: { colorScheme: 'light' | 'dark'; width: number }) => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } })
    const page = await context.newPage()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => requested.push(request.url()))
    // Chromium reports a request that the policy stops, too: it was never sent.
    page.on('requestfailed', (request) => {
      if (/csp/i.test(request.failure()?.errorText ?? ''))
        requested.splice(requested.indexOf(request.url()), 1)
    })
    page.on('dialog', (dialog) => complaints.push(dialog.message()))
    return page
  }

  beforeAll(async () => {
    browser = await launch(executable ?? '')
    for (const view of VIEWS) pages.set(view.view, await open(view))
  })
  afterAll(() => browser.close())

  const pageOf = (view: string) => {
    const page = pages.get(view)
    if (!page) throw new Error(`No page: ${view}`)
    return page
  }

  describe.each(VIEWS)('$view', ({ view, width }) => {
    test.each(EVERY_MESSAGE)('$name in $language is legible', async ({ name, language }) => {
      const page = pageOf(view)
      await page.setContent(renderTypical(name, language).html)
      expect(await page.evaluate(OVERFLOW)).toBe(0)
      const { texts, weak } = (await page.evaluate(CONTRASTS)) as { texts: number; weak: string[] }
      expect(weak).toEqual([])
      expect(texts).toBeGreaterThan(5)
      const { action } = typical(name).links
      const button = page.locator('a.button')
      expect(await button.count()).toBe(action ? 1 : 0)
      if (action) {
        const box = await button.boundingBox()
        expect(box?.height).toBeGreaterThanOrEqual(44)
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width)
        expect(await button.isVisible()).toBe(true)
        expect(await page.getByText(action, { exact: true }).isVisible()).toBe(true)
      }
      const card = await page.locator('.card').boundingBox()
      expect(card?.width).toBeLessThanOrEqual(600)
      expect([complaints, requested]).toEqual([[], []])
      if (shots) await page.screenshot({ path: `${shots}/${name}-${language}-${view}.png`, fullPage: true })
    })
  })

  describe.each(Object.entries(HOSTILE))('%s', (_, value) => {
    test.each<MessageName>(['email_verification', 'email_change', 'email_changed', 'password_changed'])(
      'in all values of %s stays text, and fits',
      async (name) => {
        const page = pageOf('narrow')
        const client = { address: value, userAgent: value }
        const values = { email: value, username: value, newEmail: value, client }
        const elementsOf = () =>
          page.evaluate(`[...document.querySelectorAll('*')].map((e) => e.outerHTML.split('>')[0])`)
        await page.setContent(renderTypical(name).html)
        const usual = await elementsOf()
        await page.setContent(renderTypical(name, 'en', { values }).html)
        expect(await elementsOf()).toEqual(usual)
        expect(await page.evaluate(OVERFLOW)).toBe(0)
        expect([complaints, requested]).toEqual([[], []])
      },
    )
  })

  test('without its image, a logo is the name of the product', async () => {
    const page = await open({ colorScheme: 'dark', width: 360 })
    await page.route('**', (route) => route.abort())
    const logoUrl = 'https://app.example.test/logo.png'
    await page.setContent(renderTypical('password_reset', 'en', { brand: { logoUrl } }).html)
    expect(requested.splice(0)).toEqual([logoUrl])
    complaints.splice(0)
    const logo = page.getByAltText('LumaScope')
    expect((await logo.boundingBox())?.height).toBeGreaterThan(15)
    if (shots) await page.screenshot({ path: `${shots}/no-logo.png`, fullPage: true })
    await page.context().close()
  })

  describe('the mailbox page', () => {
    const css = readFileSync(new URL('../assets/docs/page.css', import.meta.url))
    const items = EVERY_MESSAGE.filter(({ language }) => language === 'de').map(
      ({ name, language }, index) => ({
        ...{ id: String(index), to: 'ada@example.com', kind: name, createdAt: new Date(1e12 + index) },
        ...renderTypical(name, language),
      }),
    )
    const evil = '<script>alert(1)</script><img src="https://evil.test/x.png" onerror="alert(1)">'
    const app = new Hono<AppEnv>()
      .use(securityHeaders('http://localhost:8000'))
      .get('/dev/mail', (c) => c.html(mailboxPage(items)))
      .get('/docs/page.css', (c) => c.body(new Uint8Array(css), 200, { 'Content-Type': 'text/css' }))
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    afterAll(() => server.close())
    const url = () => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/dev/mail`
    }

    test.each(VIEWS)(
      '$view: shows each message as it looks, in a frame that can do nothing',
      async (view) => {
        const page = await open(view)
        await page.goto(url())
        expect(await page.locator('article').count()).toBe(items.length)
        const first = page.locator('article').first()
        await first.locator('iframe').scrollIntoViewIfNeeded()
        const frame = first.frameLocator('iframe')
        expect(await frame.locator('h1').innerText()).toBe('Ihr Konto wurde gelöscht')
        const shown = await (await first.locator('iframe').elementHandle())?.contentFrame()
        const background = await shown?.evaluate(CARD)
        expect(background).toBe(view.colorScheme === 'dark' ? 'rgb(28, 32, 36)' : 'rgb(255, 255, 255)')
        expect(await page.evaluate(OVERFLOW)).toBe(0)
        if (shots) await page.screenshot({ path: `${shots}/mailbox-${view.view}.png` })
        expect(complaints).toEqual([])
        await page.context().close()
      },
    )

    test('its links are in the text below the frame', async () => {
      const page = await open(VIEWS[0])
      await page.goto(url())
      const { action } = typical('password_reset').links
      expect(
        await page
          .locator('pre a', { hasText: action ?? '' })
          .first()
          .getAttribute('href'),
      ).toBe(action)
      await page.context().close()
    })

    test('a message with a script and an image runs and loads nothing', async () => {
      items.push({
        ...{ id: 'evil', to: evil, kind: 'new_device', createdAt: new Date(2e12) },
        subject: evil,
        text: evil,
        html: evil,
      })
      requested.splice(0)
      const page = await open(VIEWS[0])
      await page.goto(url())
      await page.locator('iframe').first().scrollIntoViewIfNeeded()
      await expect.poll(() => complaints.length).toBeGreaterThan(0)
      expect(complaints.splice(0).join()).not.toMatch(/^1$/m)
      expect(requested.filter((target) => target.includes('evil'))).toEqual([])
      await page.context().close()
    })
  })
})
