import { describe, expect, test } from 'vitest'
import { createTestApp, newPerson } from '../support/test-app.ts'

const { request, register, post, app } = await createTestApp()

type Item = {
  id: string
  to: string
  kind: string
  subject: string
  text: string
  html: string
  created_at: string
}
const read = async (query = '') => {
  const response = await request(`/dev/mail${query}`)
  return ((await response.json()) as { items: Item[] }).items
}

describe('GET /dev/mail, on loopback without MAIL_URL', () => {
  test('shows what was sent, newest first, and filters by recipient', async () => {
    const [first, second] = [await register(), await register()]
    await post('/password-resets', { email: first.email })
    const items = await read()
    expect(items.length).toBeGreaterThanOrEqual(3)
    expect(Object.keys(items[0] ?? {}).sort()).toEqual(
      ['id', 'to', 'kind', 'subject', 'text', 'html', 'created_at'].sort(),
    )
    const times = items.map(({ created_at }) => created_at)
    expect(times).toEqual([...times].sort().reverse())
    expect(new Set((await read(`?to=${second.email.toUpperCase()}`)).map(({ to }) => to))).toEqual(
      new Set([second.email]),
    )
    expect(await read(`?to=${newPerson().email}`)).toEqual([])
  })

  test('is a page for browsers, and takes no unknown parameter', async () => {
    const page = await request('/dev/mail', { headers: { Accept: 'text/html' } })
    expect(page.headers.get('Content-Type')).toContain('text/html')
    expect(await page.text()).toContain('<iframe')
    expect((await request('/dev/mail?from=x')).status).toBe(422)
  })

  test('answers only requests that name this machine: another name may point here', async () => {
    for (const host of ['evil.example', '192.0.2.1', 'localhost.evil.example']) {
      for (const method of ['GET', 'DELETE']) {
        const response = await app.request(`http://${host}:8000/dev/mail`, { method })
        expect([host, response.status]).toEqual([host, 404])
      }
    }
    expect((await read()).length).toBeGreaterThan(0)
  })

  test('nor what came through a proxy: somebody else asks', async () => {
    for (const name of ['X-Forwarded-For', 'Forwarded', 'X-Forwarded-Host', 'X-Real-IP']) {
      expect((await request('/dev/mail', { headers: { [name]: '198.51.100.7' } })).status).toBe(404)
    }
  })

  test('DELETE empties it', async () => {
    await register()
    expect((await request('/dev/mail', { method: 'DELETE' })).status).toBe(204)
    expect(await read()).toEqual([])
  })
})

test('elsewhere there is none: with MAIL_URL, and off loopback', async () => {
  for (const variables of [
    { MAIL_URL: 'smtp://localhost:1', MAIL_FROM: 'no-reply@example.com' },
    { MAIL_URL: 'off' },
    // In a container.
    { PUBLIC_URL: 'https://localhost', HOST: '0.0.0.0' },
    { PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' },
  ] as Record<string, string>[]) {
    const other = await createTestApp({ variables })
    for (const method of ['GET', 'DELETE']) {
      expect((await other.request('/dev/mail', { method })).status).toBe(404)
    }
  }
})
