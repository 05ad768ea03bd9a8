import { expect, test } from 'vitest'
import { writeMetadata } from '../../src/administration/write-metadata.ts'
import { NO_CLIENT } from '../../src/sql/events.ts'
import { createTestApp } from '../support/test-app.ts'

const { deps, config, database, register } = await createTestApp()
const operator = {
  config,
  clock: deps.clock,
  client: NO_CLIENT,
  get db() {
    return deps.connect({ roundTrips: 0, milliseconds: 0 })
  },
}

test('what several operators write at the same time is all kept', async () => {
  const { email } = await register()
  const names = Array.from({ length: 20 }, (_, index) => `m${index}`)
  await Promise.all(names.map((name) => writeMetadata(operator, { email, patch: { nested: { [name]: 1 } } })))
  const { appMetadata, isChanged } = await writeMetadata(operator, { email, patch: {} })
  expect(appMetadata).toEqual({ nested: Object.fromEntries(names.map((name) => [name, 1])) })
  expect(isChanged).toBe(false)
})

test('what would be too large together with what is there is refused, and changes nothing', async () => {
  const { email, id } = await register()
  await writeMetadata(operator, { email, patch: { a: 'x'.repeat(3000) } })
  const state = () =>
    database.sql(
      'select app_metadata, updated_at, (select count(*) from audit_events where user_id = id) from users where id = $1',
      [id],
    )
  const before = await state()
  await expect(writeMetadata(operator, { email, patch: { b: 'x'.repeat(2000) } })).rejects.toThrow(
    'The metadata would have more than 4096 bytes; nothing was changed',
  )
  expect(await state()).toEqual(before)
  await expect(writeMetadata(operator, { email: 'nobody@example.com', patch: {} })).rejects.toThrow(
    'No account has the address nobody@example.com',
  )
})
