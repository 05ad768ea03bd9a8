import { Client } from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { start } from '../support/process.ts'

async function createDatabase() {
  const control = inject('databasesUrl')
  const created = await fetch(`${control}/postgres`, { method: 'POST' })
  const { name, serverUrl } = (await created.json()) as { name: string; serverUrl: string }
  onTestFinished(async () => {
    await fetch(`${control}/${name}`, { method: 'DELETE' })
  })
  return serverUrl
}

/** What a new connection of the URL's role begins with. */
async function timeoutAt(connectionString: string) {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query("select current_setting('statement_timeout') as timeout")
  await client.end()
  return rows[0].timeout as string
}

const migrate = (url: string, { args = [], env = {} }: { args?: string[]; env?: NodeJS.ProcessEnv } = {}) =>
  start('cli/migrate.ts', { env: { ...env, DATABASE_URL: url }, args })

test('db:migrate sets a statement_timeout below the application’s deadline (row 92)', async () => {
  const url = await createDatabase()
  const first = migrate(url)
  expect(await first.exited, first.output()).toBe(0)
  expect(first.output()).toContain('Statements of the role postgres end after 2500 ms')
  expect(await timeoutAt(url)).toBe('2500ms')
  // A shorter one stays, a longer one does not.
  const longer = migrate(url, { env: { DATABASE_TIMEOUT_MILLISECONDS: '15000' } })
  expect(await longer.exited).toBe(0)
  expect(await timeoutAt(url)).toBe('2500ms')
  const shorter = migrate(url, { env: { DATABASE_TIMEOUT_MILLISECONDS: '1000' } })
  expect(await shorter.exited).toBe(0)
  expect(await timeoutAt(url)).toBe('500ms')
})

test('and of another role, which the application connects as; one that does not exist is said', async () => {
  const url = await createDatabase()
  const admin = new Client({ connectionString: url })
  await admin.connect()
  const role = `app_${crypto.randomUUID().slice(0, 8)}`
  await admin.query(`create role ${role} login password 'for-this-test-alone'`)
  onTestFinished(async () => {
    await admin.query(`alter role ${role} in database ${new URL(url).pathname.slice(1)} reset all`)
    await admin.query(`drop role ${role}`)
    await admin.end()
  })
  const migrated = migrate(url, { args: ['--role', role] })
  expect(await migrated.exited, migrated.output()).toBe(0)
  const own = new URL(url)
  own.username = role
  own.password = 'for-this-test-alone'
  expect(await timeoutAt(own.href)).toBe('2500ms')
  const refused = migrate(url, { args: ['--role', 'nobody_of_that_name'] })
  expect(await refused.exited).toBe(1)
  expect(refused.output()).toContain('role "nobody_of_that_name" does not exist')
})
