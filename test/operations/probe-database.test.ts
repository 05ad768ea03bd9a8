import { expect, test } from 'vitest'
import { aroundStatements } from '../support/around-statements.ts'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'

test('a thousand questions at once whether the instance is ready cost one probe (row 95)', async () => {
  // However long a busy machine takes for a thousand.
  const { createProbe } = await import('../../src/operations/probe-database.ts')
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
  const { request, database } = await createTestApp({
    deps: { probe: createProbe({ stopwatch: () => 0, sleep }) },
  })
  await database.roundTrips()
  const responses = await Promise.all(Array.from({ length: 1000 }, () => request('/ready')))
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
  expect(await database.roundTrips()).toHaveLength(1)
})

test('its answer counts for a second, and a failure as well', async () => {
  const database = await createTestDatabase()
  const clock = { now: 0 }
  const { createProbe } = await import('../../src/operations/probe-database.ts')
  const probe = createProbe({
    stopwatch: () => clock.now,
    sleep: () => Promise.resolve(),
  })
  const { request } = await createTestApp({ database, deps: { probe } })
  const ask = async () => [(await request('/ready')).status, (await database.roundTrips()).length]
  await database.roundTrips()
  expect(await ask()).toEqual([200, 1])
  clock.now = 999
  expect(await ask()).toEqual([200, 0])
  await database.sql('alter table users rename to gone')
  clock.now = 1000
  expect(await ask()).toEqual([503, 1])
  clock.now = 1999
  expect(await ask()).toEqual([503, 0])
  await database.sql('alter table gone rename to users')
  clock.now = 2000
  expect(await ask()).toEqual([200, 1])
})

test('a probe whose request vanished keeps nobody waiting for ever', async () => {
  const clock = { now: 0 }
  const { createProbe } = await import('../../src/operations/probe-database.ts')
  const probe = createProbe({
    stopwatch: () => clock.now,
    sleep: () => {
      clock.now += 4000
      return Promise.resolve()
    },
  })
  const { deps } = await createTestApp()
  const db = deps.connect({ roundTrips: 0, milliseconds: 0 })
  const hanging = aroundStatements(deps.connect, () => new Promise(() => {}))
  void probe(hanging({ roundTrips: 0, milliseconds: 0 }), new Date(0))
  expect(await probe(db, new Date(0))).toMatchObject({ milliseconds: expect.any(Number) })
  expect(clock.now).toBe(16_000)
})
