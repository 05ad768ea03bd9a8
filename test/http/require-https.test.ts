import { expect, test } from 'vitest'
import { createTestApp, newPerson } from '../support/test-app.ts'

const variables = { PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' }
const plain = await createTestApp({ variables, deps: { isPlainHttp: () => true } })

test('plain http is refused, not redirected, and nothing happens (ASVS 4.1.2)', async () => {
  await plain.database.roundTrips()
  plain.hasher.count = 0
  for (const send of [
    () => plain.request('/.well-known/jwks.json'),
    () => plain.request('/health/more'),
    () => plain.request('/healthy'),
    () => plain.post('/users', newPerson()),
    () => plain.post('/login', { email: 'a', password: 'b' }),
  ]) {
    const response = await send()
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ code: 'https_required' })
    expect(response.headers.has('Location')).toBe(false)
  }
  expect(await plain.database.roundTrips()).toEqual([])
  expect(plain.hasher.count).toBe(0)
})

test('it is served on loopback, and https everywhere', async () => {
  const local = await createTestApp({ deps: { isPlainHttp: () => true } })
  expect((await local.request('/health')).status).toBe(200)
  const https = await createTestApp({ variables })
  expect((await https.request('/health')).status).toBe(200)
})

test('health checks are answered over plain http: load balancers send no forwarding headers', async () => {
  for (const path of ['/health', '/health/', '/ready', '/ready/'])
    expect((await plain.request(path)).status, path).toBe(200)
})
