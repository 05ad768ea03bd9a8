import { expect, test } from 'vitest'
import { jobs } from '../../src/app.ts'
import { runHourly } from '../../src/schedule/run-scheduled.ts'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'

const DAY = 86_400_000
const app = await createTestApp({
  database: await createTestDatabase(),
  variables: { AUDIT_RETENTION_DAYS: '30' },
})
const { database, clock, deps, register, post } = app
const count = async (table: string) =>
  Number((await database.sql(`select count(*) from ${table}`))[0]?.['count'])

test('events are kept for as many days as configured, and not a millisecond longer', async () => {
  await register()
  expect(await count('audit_events')).toBe(1)
  clock.now = new Date(clock.now.getTime() + 30 * DAY)
  await runHourly(deps, jobs)
  expect(await count('audit_events')).toBe(1)
  clock.now = new Date(clock.now.getTime() + 1)
  await runHourly(deps, jobs)
  expect(await count('audit_events')).toBe(0)
})

test('budgets are deleted when they are full, those of devices when their cookies are past', async () => {
  const person = await register()
  const signedIn = await post('/login', { email: person.email, password: person.password })
  const [cookie = ''] = signedIn.headers.getSetCookie()
  await post(
    '/login',
    { email: person.email, password: 'wrong password' },
    { Cookie: cookie.split(';')[0] ?? '' },
  )
  await post('/login', { email: person.email, password: 'wrong password' })
  const keys = async () =>
    (await database.sql('select key from rate_limits')).map(({ key }) => key?.split(':')[0]).sort()
  await runHourly(deps, jobs)
  expect(await keys()).toEqual(['account', 'address', 'device', 'register'])
  clock.now = new Date(clock.now.getTime() + DAY)
  await runHourly(deps, jobs)
  expect(await keys()).toEqual(['device'])
  clock.now = new Date(clock.now.getTime() + 400 * DAY)
  await runHourly(deps, jobs)
  expect(await keys()).toEqual([])
})
