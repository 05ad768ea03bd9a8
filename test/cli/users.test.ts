import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { prepareDatabase } from '../../src/db/client.ts'
import { revokeRole } from '../../src/roles/grant-role.ts'
import { NO_CLIENT } from '../../src/sql/events.ts'
import { newPgliteFolder } from '../support/new-pglite.ts'
import { freePort, start } from '../support/process.ts'
import { requestsAs } from '../support/requests-as.ts'

const control = inject('databasesUrl')
const folder = mkdtempSync(join(tmpdir(), 'users-test-'))
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers) await close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the command on nothing but what `env` says; an empty variable wins over one of `.dev.vars`. */
async function users(args: string[], env: Record<string, string>) {
  const command = start('cli/users.ts', { env: { DATABASE_URL: '', PORT: '8000', ...env }, args })
  const code = await command.exited
  return { code, lines: command.output().trimEnd().split('\n') }
}

type Person = { name: string; roles?: string[]; disabled?: boolean }

/** A migrated database on a real server, with people `NAME@example.com`. */
async function createDatabase(...people: Person[]) {
  const created = await fetch(`${control}/postgres`, { method: 'POST' })
  type Created = { name: string; url: string; serverUrl: string }
  const { name: database, url, serverUrl } = (await created.json()) as Created
  closers.push(() => fetch(`${control}/${database}`, { method: 'DELETE' }))
  const sql = async (text: string, values: unknown[] = []) => {
    const body = JSON.stringify({ text, values })
    const response = await fetch(`${control}/${database}/sql`, { method: 'POST', body })
    return (await response.json()) as Record<string, string | null>[]
  }
  for (const { name, roles = [], disabled = false } of people) {
    await sql(
      `with person as (
        insert into users (username, email, full_name, disabled_at, created_at, updated_at)
        values ($1::text, $1 || '@example.com', $1, case when $3 then now() end, now(), '2020-01-01') returning id
      ) insert into user_roles (user_id, role_name) select id, unnest(array['user'] || $2::text[]) from person`,
      [name, roles, disabled],
    )
  }
  /** All that the command could change. */
  async function state() {
    const roles = await sql(
      `select username, string_agg(role_name, ' ' order by role_name) as roles, updated_at = '2020-01-01' as untouched
      from users left join user_roles on user_id = id group by id order by id`,
    )
    return { roles, events: await sql('select * from audit_events') }
  }
  return {
    ...{ sql, state, serverUrl },
    run: (...args: string[]) =>
      users(args, { DATABASE_URL: serverUrl, JWT_CLAIMS: 'roles, app_metadata.claimed' }),
    db: prepareDatabase(url, { now: () => performance.now() })({ roundTrips: 0, milliseconds: 0 }),
  }
}
const location = (serverUrl: string) =>
  `PostgreSQL at ${new URL(serverUrl).host}${new URL(serverUrl).pathname}`

// Each has a database of its own, and most of what each does is to wait for processes.
describe.concurrent('npm run users, on a server', () => {
  test('a fresh, migrated database has nobody with the role admin (row 70)', async () => {
    const { sql } = await createDatabase()
    expect(await sql(`select name from roles where name = 'admin'`)).toHaveLength(1)
    expect(await sql('select * from users')).toEqual([])
    expect(await sql('select * from user_roles')).toEqual([])
  })

  test('grant makes the person an administrator, once, however the address is spelt', async () => {
    const { run, sql, state, serverUrl } = await createDatabase({ name: 'bob' }, { name: 'ada' })
    const { code, lines } = await run('grant', '  ADA@Example.com ', 'admin')
    const has = 'ADA@Example.com (id 2) has: admin, user'
    expect({ code, lines }).toEqual({ code: 0, lines: [location(serverUrl), has] })
    const after = await state()
    expect(after.roles).toEqual([
      { username: 'bob', roles: 'user', untouched: 't' },
      { username: 'ada', roles: 'admin user', untouched: 'f' },
    ])
    expect(after.events).toMatchObject([
      {
        ...{ type: 'roles_changed', user_id: '2', actor_id: null, session_id: null },
        ...{ ip_address: null, user_agent: null, details: '{"granted": ["admin"], "revoked": []}' },
      },
    ])
    expect(await sql(`select from audit_events where occurred_at > now() - interval '1 min'`)).toHaveLength(1)
    const again = await run('grant', 'ada@example.com', 'admin')
    expect(again).toMatchObject({
      code: 0,
      lines: [location(serverUrl), expect.stringMatching(/, as before$/)],
    })
    expect(await state()).toEqual(after)
  })

  test('revoke takes it away, but not from the last administrator who is enabled', async () => {
    const admin = { roles: ['admin'] }
    const { run, state, serverUrl } = await createDatabase(
      { name: 'ada', ...admin },
      { name: 'bob', ...admin },
      { name: 'eve', ...admin, disabled: true },
    )
    const { code, lines } = await run('revoke', 'ada@example.com', 'admin')
    expect({ code, lines }).toEqual({
      code: 0,
      lines: [location(serverUrl), 'ada@example.com (id 1) has: user'],
    })
    const after = await state()
    expect(after.roles.map(({ roles }) => roles)).toEqual(['user', 'admin user', 'admin user'])
    expect(after.events).toMatchObject([
      {
        ...{ type: 'roles_changed', user_id: '1', actor_id: null },
        details: '{"granted": [], "revoked": ["admin"]}',
      },
    ])
    expect(await run('revoke', 'bob@example.com', 'admin')).toEqual({
      code: 1,
      lines: ['bob@example.com is the last administrator: appoint another one first'],
    })
    expect(await state()).toEqual(after)
  })

  test('enable lets in an administrator who is disabled or locked, of whom grant says so', async () => {
    const { run, sql, serverUrl } = await createDatabase({ name: 'ada', disabled: true })
    await sql('update users set consecutive_failures = 100')
    const has = 'ada@example.com (id 1) has: admin, user'
    const hint = 'The account is disabled or locked: npm run users -- enable ada@example.com'
    expect((await run('grant', 'ada@example.com', 'admin')).lines).toEqual([location(serverUrl), has, hint])
    const enabled = 'ada@example.com (id 1) can sign in'
    const without = 'is enabled, but has no password to sign in with'
    expect((await run('enable', 'ADA@example.com')).lines.at(-1)).toBe(`ADA@example.com (id 1) ${without}`)
    await sql(`update users set password_hash = 'x'`)
    expect(await sql('select disabled_at, consecutive_failures from users')).toEqual([
      { disabled_at: null, consecutive_failures: '0' },
    ])
    expect((await run('enable', 'ada@example.com')).lines.at(-1)).toBe(`${enabled}, as before`)
    const types = (await sql('select type from audit_events order by id')).map(({ type }) => type)
    expect(types).toEqual(['roles_changed', 'account_enabled', 'account_unlocked'])
    expect((await run('enable', 'nobody@example.com')).code).toBe(1)
  })

  test('metadata merges into what there is, on record without its content', async () => {
    const { run, sql, serverUrl } = await createDatabase({ name: 'ada' })
    const has = (json: string) => `ada@example.com (id 1) has: ${json}`
    const set = await run('metadata', 'ada@example.com', '{"plan":"pro","seats":5}')
    expect(set).toEqual({ code: 0, lines: [location(serverUrl), has('{"plan":"pro","seats":5}')] })
    const removed = await run('metadata', 'ada@example.com', '{"seats":null}')
    expect(removed.lines.at(-1)).toBe(has('{"plan":"pro"}'))
    const again = await run('metadata', 'ada@example.com', '{"plan":"pro"}')
    expect(again.lines.at(-1)).toBe(`${has('{"plan":"pro"}')}, as before`)
    expect(await sql('select type, actor_id, details from audit_events')).toEqual(
      Array(2).fill({ type: 'profile_changed', actor_id: null, details: '{"members": ["app_metadata"]}' }),
    )
  })

  const usage = [
    expect.stringMatching(/^npm run users -- grant {2}EMAIL ROLE /),
    expect.stringMatching(/^npm run users -- revoke EMAIL ROLE /),
    expect.stringMatching(/^npm run users -- enable EMAIL /),
    expect.stringMatching(/^npm run users -- reset {2}EMAIL /),
    expect.stringMatching(/^npm run users -- metadata EMAIL JSON /),
    ...['', expect.stringContaining('DATABASE_URL')],
  ]
  test.each([
    [
      'an unknown address',
      ['grant', 'nobody@example.com', 'admin'],
      ['No account has the address nobody@example.com'],
    ],
    ['an unknown role', ['grant', 'ada@example.com', 'Admin'], ['There is no role Admin']],
    [
      'metadata that is not JSON',
      ['metadata', 'ada@example.com', '{plan:pro}'],
      [`This is not JSON: {plan:pro}. Quote it for the shell: '{"plan":"pro"}'`],
    ],
    [
      'metadata that can not be kept',
      ['metadata', 'ada@example.com', '{"a":{"__proto__":1}}'],
      ['app_metadata.a.__proto__ is a name that stands for the prototype of objects'],
    ],
    [
      'metadata that would not fit into tokens',
      ['metadata', 'ada@example.com', '{"claimed":{"a":1}}'],
      ['app_metadata.claimed: is in tokens: at most 256 characters of JSON, without objects'],
    ],
    ['no role', ['grant', 'ada@example.com'], usage],
    ['one argument more', ['grant', 'ada@example.com', 'admin', 'user'], usage],
    ['another verb', ['toString', 'ada@example.com', 'admin'], usage],
  ])('%s is said, and nothing changes', async (_, args, lines) => {
    const { run, state } = await createDatabase({ name: 'ada' })
    const before = await state()
    expect(await run(...args)).toEqual({ code: 1, lines })
    expect(before).toEqual({ roles: [{ username: 'ada', roles: 'user', untouched: 't' }], events: [] })
    expect(await state()).toEqual(before)
  })

  test('of two administrators whom ten commands revoke at once, one stays', async () => {
    const { db, sql, state } = await createDatabase(
      ...['ada', 'bob'].map((name) => ({ name, roles: ['admin'] })),
    )
    const client = NO_CLIENT
    const deps = { db, client, clock: () => new Date() }
    for (let round = 1; round <= 10; round++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, number) =>
          revokeRole(deps, { email: `${number % 2 ? 'ada' : 'bob'}@example.com`, role: 'admin' }),
        ),
      )
      const { roles, events } = await state()
      expect(roles.map((row) => row['roles']).sort(), `round ${round}`).toEqual(['admin user', 'user'])
      expect(events).toHaveLength(round)
      // For the one, five succeed, of which one did it; for the other, five are refused.
      const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(refusals.map(String)).toEqual(
        Array(5).fill(expect.stringContaining('is the last administrator')),
      )
      await sql(`insert into user_roles select id, 'admin' from users on conflict do nothing`)
    }
  })

  test('a database without migrations', async () => {
    const { sql, serverUrl } = await createDatabase()
    await sql('create database users_test_bare')
    const DATABASE_URL = Object.assign(new URL(serverUrl), { pathname: '/users_test_bare' }).href
    const { code, lines } = await users(['grant', 'ada@example.com', 'admin'], { DATABASE_URL })
    expect({ code, lines }).toEqual({ code: 1, lines: [expect.stringContaining('Run: npm run db:migrate')] })
  })

  test('a server that can only be read', async () => {
    const { run, sql, state, serverUrl } = await createDatabase({ name: 'ada' })
    const before = await state()
    await sql(`alter database ${new URL(serverUrl).pathname.slice(1)} set default_transaction_read_only = on`)
    const { code, lines } = await run('grant', 'ada@example.com', 'admin')
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        expect.stringMatching(/^The database gave no usable answer \(.*read-only transaction\)\. Run this/),
      ],
    })
    expect(await state()).toEqual(before)
  })

  test('a server that does not answer, without the password', async () => {
    // As Neon's connection strings are.
    const DATABASE_URL = 'postgresql://u:canary@127.0.0.1:1/db?sslmode=require&channel_binding=require'
    const { code, lines } = await users(['grant', 'ada@example.com', 'admin'], { DATABASE_URL })
    const line = 'No database answers: PostgreSQL at 127.0.0.1:1/db (connect ECONNREFUSED 127.0.0.1:1)'
    expect({ code, lines }).toEqual({ code: 1, lines: [line] })
  })
})

describe('npm run users, on the database of npm run dev', () => {
  const data = join(folder, 'data')
  const ada = {
    username: 'ada',
    email: 'ada@example.com',
    full_name: 'Ada',
    password: 'correct horse battery',
  }
  let env: Record<string, string>
  let api: string
  let dev: ReturnType<typeof start>
  beforeAll(async () => {
    const port = await freePort()
    api = `http://localhost:${port}`
    env = { DATABASE_URL: '', PORT: String(port), LOCAL_DB_DIR: data }
    await newPgliteFolder(data)
    dev = start('local/dev.ts', { env })
    await dev.until('Ctrl-C ends it')
    return async () => void (await dev.interrupt())
  })

  test('the first to register is no administrator (row 70); a grant applies at once', async () => {
    const headers = { 'Content-Type': 'application/json' }
    const registered = await fetch(`${api}/users`, { method: 'POST', headers, body: JSON.stringify(ada) })
    expect(await registered.json()).toMatchObject({ roles: ['user'] })
    const { email, password } = ada
    const signedIn = await fetch(`${api}/login`, {
      method: 'POST',
      body: new URLSearchParams({ email, password }),
    })
    const { access_token } = (await signedIn.json()) as { access_token: string }
    const request = (path: string, init?: RequestInit) => fetch(api + path, init)
    const list = () => requestsAs(request, access_token).get('/users')
    expect((await list()).status).toBe(403)
    expect(await users(['grant', email, 'admin'], env)).toEqual({
      code: 0,
      lines: [`embedded PostgreSQL in ${data}`, `${email} (id 1) has: admin, user`],
    })
    expect((await list()).status).toBe(200)
  })

  test('a stale lock file, with the port of another process, reaches no other database', async () => {
    const other = join(folder, 'other')
    const port = /localhost:(\d+)\/sql/.exec(dev.output())?.[1]
    writeFileSync(`${other}.lock`, `${process.pid}\n${port}\n${crypto.randomUUID()}`)
    const { code, lines } = await users(['revoke', ada.email, 'user'], { LOCAL_DB_DIR: other })
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [expect.stringContaining(`If that process is not npm run dev, delete ${other}.lock`)],
    })
    rmSync(`${other}.lock`)
  })

  test('after npm run dev has ended, the command opens the folder itself', async () => {
    expect(await dev.interrupt()).toBe(0)
    expect(await users(['revoke', ada.email, 'user'], env)).toEqual({
      code: 0,
      lines: [`embedded PostgreSQL in ${data}`, `${ada.email} (id 1) has: admin`],
    })
    expect(readdirSync(folder)).toEqual(['data'])
  })

  test('without a database it says what to do and creates none', async () => {
    const none = join(folder, 'none')
    const { code, lines } = await users(['grant', ada.email, 'admin'], { LOCAL_DB_DIR: none })
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        `DATABASE_URL is not set, and there is no database in ${none}: set it, or let npm run dev make one`,
      ],
    })
    expect([none, `${none}.lock`].filter(existsSync)).toEqual([])
  })
})
