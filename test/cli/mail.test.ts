import { afterAll, expect, inject, test } from 'vitest'
import { start } from '../support/process.ts'

const control = inject('databasesUrl')
const created = await fetch(`${control}/postgres`, { method: 'POST' })
const { name: database, serverUrl } = (await created.json()) as Record<string, string>
afterAll(async () => {
  await fetch(`${control}/${database}`, { method: 'DELETE' })
})

async function sql(text: string): Promise<Record<string, string | null>[]> {
  const body = JSON.stringify({ text, values: [] })
  const response = await fetch(`${control}/${database}/sql`, { method: 'POST', body })
  return (await response.json()) as Record<string, string | null>[]
}

async function mail(...args: string[]) {
  const env = { DATABASE_URL: serverUrl ?? '', PORT: '8000' }
  const command = start('cli/mail.ts', { env, args })
  const code = await command.exited
  return { code, output: command.output() }
}

const [GIVEN_UP, WAITING, SENT] = [
  '00000000-0000-4000-8000-000000000001',
  '00000000-0000-4000-8000-000000000002',
  '00000000-0000-4000-8000-000000000003',
]

test('lists what is not sent, and has it sent again', async () => {
  expect((await mail('list')).output).toContain('Everything was sent.')
  const what = `'mail', 'password_reset', 'ada@example.com', 1, '{}', true`
  await sql(`insert into outbox (id, kind, name, recipient, user_id, payload, is_replaceable, created_at, not_before, give_up_at, attempts, sent_at, given_up_at, last_error)
    values ('${GIVEN_UP}', ${what}, '2026-01-01', '2026-01-01', '2026-01-02', 9, null, '2026-01-02', 'The mail server answered 550'),
    ('${WAITING}', ${what}, '2026-01-01', '2100-01-01', '2100-01-02', 1, null, null, 'ECONNREFUSED'),
    ('${SENT}', ${what}, '2026-01-01', '2026-01-01', '2026-01-02', 1, '2026-01-01', null, null)`)
  const { code, output } = await mail('list')
  expect(code).toBe(0)
  expect(output).toContain(`${GIVEN_UP}  2026-01-01T00:00:00.000Z  password_reset  ada@example.com`)
  expect(output).toContain('9 tries, given up 2026-01-02T00:00:00.000Z: The mail server answered 550')
  expect(output).toContain('1 tries, next try 2100-01-01T00:00:00.000Z: ECONNREFUSED')
  expect(output).not.toContain(SENT)

  expect((await mail('retry', WAITING)).output).toContain('1 will be sent again')
  expect((await mail('retry', SENT)).output).toContain(`Nothing with the id ${SENT} can be sent again`)
  expect((await mail('retry')).output).toContain('2 will be sent again')
  const due = await sql(`select id from outbox where sent_at is null and given_up_at is null
    and not_before <= now() and give_up_at > now() order by id`)
  expect(due.map(({ id }) => id)).toEqual([GIVEN_UP, WAITING])
})

test.each([[], ['send'], ['retry', 'x'], ['list', WAITING], ['retry', WAITING, SENT]])(
  'wrong usage says how it is used: %j',
  async (...args) => {
    const { code, output } = await mail(...(args as string[]))
    expect(code).toBe(1)
    expect(output).toContain('npm run mail -- retry ID')
  },
)
