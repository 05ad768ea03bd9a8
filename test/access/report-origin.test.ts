import { expect, test } from 'vitest'
import { createTestApp } from '../support/test-app.ts'

const variables = { PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' }
const time = { now: 0 }
const createApp = () => createTestApp({ variables, deps: { stopwatch: () => time.now } })
const origins = ({ log }: Awaited<ReturnType<typeof createApp>>) =>
  log.filter(({ event }) => event === 'origin_refused').map(({ origin }) => origin)

test('a refused origin is logged once, with the variable to set, however often it comes', async () => {
  const app = await createApp()
  const headers = { Origin: 'https://www.example.com' }
  for (let time = 0; time < 3; time++) {
    await app.request('/health', { headers })
    await app.request('/users/me', {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Method': 'GET' },
    })
  }
  expect(app.log).toEqual([
    {
      event: 'origin_refused',
      origin: 'https://www.example.com',
      detail: 'If it is yours, add it to CORS_ORIGINS',
    },
  ])
})

test('an allowed origin, our own and none are no line', async () => {
  const app = await createApp()
  for (const headers of [{ Origin: 'https://app.example.com' }, { Origin: 'https://auth.example.com' }, {}]) {
    await app.request('/health', { headers: headers as HeadersInit })
  }
  expect(app.log).toEqual([])
})

test('a flood of made-up origins is ten lines an hour', async () => {
  const app = await createApp()
  const flood = async (name: string) => {
    for (let index = 0; index < 500; index++)
      await app.request('/health', { headers: { Origin: `https://${name}${index}.example` } })
  }
  await flood('a')
  expect(origins(app)).toHaveLength(10)
  time.now += 3_599_999
  await flood('b')
  expect(origins(app)).toHaveLength(10)
  time.now += 1
  await flood('c')
  expect(origins(app)).toHaveLength(20)
})

test('what no browser sends is written nowhere', async () => {
  const app = await createApp()
  const made = [
    'canary',
    'https://canary.example/path',
    'https://canary@example.com',
    'https://CANARY.example',
    `https://${'canary'.repeat(60)}.example`,
    'data:canary',
    'javascript:canary',
    '{"canary":1}',
  ]
  for (const Origin of made) await app.request('/health', { headers: { Origin } })
  expect(app.log).toEqual([])
  await app.request('/health', { headers: { Origin: 'null' } })
  expect(origins(app)).toEqual(['null'])
})
