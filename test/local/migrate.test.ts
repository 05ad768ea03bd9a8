import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type Pool } from 'pg'
import { afterAll, describe, expect, inject, test } from 'vitest'
import journal from '../../drizzle/meta/_journal.json' with { type: 'json' }
import { applyMigrations, LockedOutError } from '../../local/migrate.ts'
import { indexProblems, indexStep } from '../../local/migration-rules.ts'
import { createNeonEndpoint, serveNeonEndpoint } from '../../local/neon-endpoint.ts'
import { pglitePool, postgresPool } from '../../local/pools.ts'
import { newPglite } from '../support/new-pglite.ts'
import { root } from '../support/process.ts'
import { createTestApp } from '../support/test-app.ts'

const temporary = mkdtempSync(join(tmpdir(), 'migrate-test-'))
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers.reverse()) await close()
  rmSync(temporary, { recursive: true, force: true })
})

let made = 0
/** A folder of migrations as drizzle-kit writes it, all newer than those of the project. */
function migrations(...files: string[]): string {
  const folder = join(temporary, `migrations-${++made}`)
  mkdirSync(join(folder, 'meta'), { recursive: true })
  const entries = files.map((sql, index) => {
    const tag = `${1000 + index}_migration`
    writeFileSync(join(folder, `${tag}.sql`), sql)
    return { idx: index, version: '7', when: 4e12 + made * 1000 + index, tag, breakpoints: true }
  })
  writeFileSync(
    join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  )
  return folder
}

/** A database with the project's migrations, the application over it, and somebody else who is connected. */
async function createDatabase() {
  const created = await fetch(`${inject('databasesUrl')}/postgres`, { method: 'POST' })
  const { url, serverUrl } = (await created.json()) as { url: string; serverUrl: string }
  const pool = postgresPool(serverUrl, 3)
  const blocker = new Client({ connectionString: serverUrl })
  await blocker.connect()
  closers.push(
    () => pool.end(),
    () => blocker.end(),
  )
  return { url, serverUrl, pool, blocker }
}

async function appOver(url: string, variables = {}) {
  const unused = () => Promise.reject(new Error('not used here'))
  return await createTestApp({
    variables,
    database: { url, faultyUrl: '', elsewhereUrl: '', serverUrl: '', sql: unused, roundTrips: unused },
  })
}

const columns = async (pool: Pool) =>
  (
    await pool.query(
      "select column_name as name from information_schema.columns where table_name = 'users' and column_name like 'new%'",
    )
  ).rows.map(({ name }) => name)

const indexes = async (pool: Pool) =>
  (
    await pool.query(
      "select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indexrelid::regclass::text like 'new%' order by 1",
    )
  ).rows

const recorded = async (pool: Pool) =>
  Number((await pool.query('select count(*) from lumascope_migrations')).rows[0]?.count)

const ADD_COLUMN = 'alter table "users" add column "new_column" text'
const NEW_INDEX = 'create index concurrently if not exists "new_index" on "users" ("username")'
const QUICK = { lockTimeoutMilliseconds: 500, pauseMilliseconds: 500 }

describe('a migration behind somebody who only reads, as a backup does (row 101)', () => {
  test('keeps nobody from signing in, and is applied once that has ended', async () => {
    const { url, pool, blocker } = await createDatabase()
    const app = await appOver(url)
    const person = await app.register()
    await blocker.query('begin')
    await blocker.query('select from users')
    let isApplied = false
    const applied = applyMigrations(pool, { folder: migrations(ADD_COLUMN), ...QUICK }).then((count) => {
      isApplied = true
      return count
    })
    // Longer than a request waits for the database: whoever queued behind the migration got 503.
    for (const end = performance.now() + 5000; performance.now() < end; ) {
      const { status } = await app.post('/login', { email: person.email, password: person.password })
      expect(status).toBe(200)
      await sleep(50)
    }
    expect(isApplied).toBe(false)
    await blocker.query('commit')
    expect(await applied).toBe(1)
    expect(await columns(pool)).toEqual(['new_column'])
  })

  test('gives up after so many attempts: nothing was applied, and the next one is not kept out', async () => {
    const { pool, blocker } = await createDatabase()
    const before = await recorded(pool)
    const folder = migrations('create table new_table (id int)', ADD_COLUMN)
    await blocker.query('begin')
    await blocker.query('select from users')
    const options = { folder, lockTimeoutMilliseconds: 100, pauseMilliseconds: 10, attempts: 3 }
    await expect(applyMigrations(pool, options)).rejects.toThrow(LockedOutError)
    expect(await recorded(pool)).toBe(before)
    expect((await pool.query("select to_regclass('new_table') as made")).rows).toEqual([{ made: null }])
    await blocker.query('commit')
    expect(await applyMigrations(pool, { folder, ...QUICK })).toBe(2)
    expect(await applyMigrations(pool, { folder, ...QUICK })).toBe(0)
  })

  test('that makes and drops indexes waits, while everybody reads and writes', async () => {
    const { url, pool, blocker } = await createDatabase()
    const app = await appOver(url)
    await pool.query('create index new_old_index on users (email)')
    await blocker.query('begin isolation level repeatable read')
    await blocker.query('select from users')
    const drop = 'drop index concurrently if exists "lumascope"."new_old_index"'
    const folder = migrations(`${NEW_INDEX};--> statement-breakpoint\n${drop};`)
    const applied = applyMigrations(pool, { folder, ...QUICK })
    for (let round = 0; round < 5; round++) {
      const person = await app.register()
      expect((await app.post('/login', { email: person.email, password: person.password })).status).toBe(200)
    }
    // One that is under way is not valid yet.
    expect(await indexes(pool)).toContainEqual({ name: 'new_old_index', valid: 't' })
    await blocker.query('commit')
    expect(await applied).toBe(1)
    expect(await indexes(pool)).toEqual([{ name: 'new_index', valid: 't' }])
  })
})

describe('groups of migrations', () => {
  test('migrations that follow each other are all applied or none', async () => {
    const { pool } = await createDatabase()
    const before = await recorded(pool)
    const folder = migrations(ADD_COLUMN, 'alter table "users" add column "new_column" text')
    await expect(applyMigrations(pool, { folder })).rejects.toMatchObject({ code: '42701' })
    expect(await columns(pool)).toEqual([])
    expect(await recorded(pool)).toBe(before)
  })

  test('steps divide them: migrations before a failed step are applied, those after it are not', async () => {
    const { pool } = await createDatabase()
    const before = await recorded(pool)
    const unique = 'create unique index concurrently if not exists "new_unique" on "new_table" ("id")'
    const folder = migrations(
      'create table new_table as select 1 as id from generate_series(1, 2)',
      unique,
      ADD_COLUMN,
    )
    await expect(applyMigrations(pool, { folder })).rejects.toMatchObject({ code: '23505' })
    expect(await recorded(pool)).toBe(before + 1)
    expect(await columns(pool)).toEqual([])
    // What PostgreSQL leaves of an index that could not be made.
    expect(await indexes(pool)).toEqual([{ name: 'new_unique', valid: 'f' }])
    await pool.query('truncate new_table')
    expect(await applyMigrations(pool, { folder })).toBe(2)
    expect(await indexes(pool)).toEqual([{ name: 'new_unique', valid: 't' }])
    expect(await columns(pool)).toEqual(['new_column'])
  })

  test('concurrent migrators apply each migration once, also concurrent indexes', async () => {
    const { pool, serverUrl } = await createDatabase()
    const folder = migrations(ADD_COLUMN, NEW_INDEX)
    const pools = [pool, ...[1, 2].map(() => postgresPool(serverUrl, 1))]
    const counts = await Promise.all(pools.map((each) => applyMigrations(each, { folder })))
    expect(counts.sort()).toEqual([0, 0, 2])
    expect(await indexes(pool)).toEqual([{ name: 'new_index', valid: 't' }])
    for (const each of pools.slice(1)) await each.end()
  })

  test.each([
    ['applied', NEW_INDEX, ADD_COLUMN],
    ['failed', 'alter table "users" add column "username" text'],
    ['failed in a step', 'create index concurrently "new_index" on "users" ("missing")'],
  ])(
    'after migrations were %s, the next user of the pool finds no setting and no lock of ours',
    async (outcome, ...files) => {
      const { serverUrl } = await createDatabase()
      const pool = postgresPool(serverUrl, 1)
      const settings = async () =>
        (
          await pool.query(
            `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
            current_setting('search_path') as path, (
              select count(*) from pg_locks join pg_database d on d.oid = database
              where locktype = 'advisory' and datname = current_database()
            ) as locks`,
          )
        ).rows
      const before = await settings()
      const applied = applyMigrations(pool, { folder: migrations(...files) })
      if (outcome === 'applied') await applied
      else await expect(applied).rejects.toMatchObject({ code: expect.stringMatching(/^42/) })
      expect(await settings()).toEqual(before)
      await pool.end()
    },
  )

  test('the embedded database takes steps as well', async () => {
    const pglite = await newPglite()
    const pool = pglitePool(pglite)
    await pool.query('create schema lumascope; create table lumascope.users (username text)')
    expect(await applyMigrations(pool, { folder: migrations(ADD_COLUMN, NEW_INDEX) })).toBe(2)
    await pool.query('set search_path = lumascope')
    expect(await indexes(pool)).toEqual([{ name: 'new_index', valid: 't' }])
    await pool.end()
    await pglite.close()
  })
})

/** How many migrations there are. */
const ALL = journal.entries.length

describe('DATABASE_SCHEMA', () => {
  test('the tables and what was applied are in that schema, beside an application’s own, and the server runs on it', async () => {
    const { serverUrl, blocker } = await createDatabase()
    const name = `shared_${process.pid}`
    await blocker.query(`create database ${name}`)
    const pool = postgresPool(Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href, 3)
    await pool.query('create table users (id int); create schema drizzle; create table migrations (id int)')
    expect(await applyMigrations(pool, { schema: 'own_auth' })).toBe(ALL)
    expect(await applyMigrations(pool, { schema: 'own_auth' })).toBe(0)
    const { rows } = await pool.query(
      "select schemaname as schema, count(*) from pg_tables where schemaname in ('public', 'own_auth', 'lumascope') group by 1 order by 1",
    )
    expect(rows).toEqual([
      { schema: 'own_auth', count: '10' },
      { schema: 'public', count: '2' },
    ])
    const endpoint = await serveNeonEndpoint(createNeonEndpoint({ poolFor: () => pool }), { port: 0 })
    const url = `postgresql://u:p@localhost:${endpoint.port}/${name}`
    const app = await appOver(url, { DATABASE_SCHEMA: 'own_auth' })
    const person = await app.register()
    expect((await app.me(await app.signIn(person))).status).toBe(200)
    expect((await pool.query('select count(*) from own_auth.users')).rows).toEqual([{ count: '1' }])
    await endpoint.close()
    await pool.end()
    await blocker.query(`drop database ${name}`)
  })

  test('a role that may not create schemas migrates into one that was made for it', async () => {
    const { serverUrl, blocker } = await createDatabase()
    const name = `migrator_${process.pid}`
    await blocker.query(`create database ${name}`)
    await blocker.query(`create role ${name} login password 'secret'`)
    const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` })
    const owner = postgresPool(url.href, 1)
    const pool = postgresPool(Object.assign(url, { username: name, password: 'secret' }).href, 1)
    await expect(applyMigrations(pool)).rejects.toMatchObject({ code: '42501' })
    await owner.query(`create schema lumascope authorization ${name}`)
    expect(await applyMigrations(pool)).toBe(ALL)
    await Promise.all([pool.end(), owner.end()])
    await blocker.query(`drop database ${name}`)
    await blocker.query(`drop role ${name}`)
  })
})

describe('npm run db:check', () => {
  const create = 'CREATE INDEX "a" ON "users" USING btree ("name");'
  const BREAK = '--> statement-breakpoint\n'
  test.each([
    ['an index in a transaction', create],
    [
      'one that only begins like a step',
      '-- concurrently\nCREATE UNIQUE INDEX "a" ON "public"."users" ("name");',
    ],
    ['a constraint that makes one', 'ALTER TABLE "users" ADD CONSTRAINT "a" UNIQUE("name");'],
    ['a primary key', 'ALTER TABLE "users" ADD PRIMARY KEY ("name");'],
    ['an index that goes in a transaction', 'DROP INDEX "a";'],
    ['a step beside something else', `${NEW_INDEX};${BREAK}${ADD_COLUMN};`],
    ['a step that can’t be taken twice', 'CREATE INDEX CONCURRENTLY "a" ON "users" ("name");'],
    ['another', 'DROP INDEX CONCURRENTLY "a";'],
  ])('refuses %s', (_, sql) => {
    expect(indexProblems(sql)).toHaveLength(1)
  })

  test.each([
    ['steps', `-- Why.\n${NEW_INDEX};${BREAK}DROP INDEX CONCURRENTLY IF EXISTS "a";`],
    [
      'an index of a new table',
      `CREATE TABLE "users" ("name" text);${BREAK}${create}${BREAK}ALTER TABLE "users" ADD UNIQUE ("name")`,
    ],
    [
      'a constraint by an index that is there',
      'ALTER TABLE "users" ADD CONSTRAINT "a" UNIQUE USING INDEX "a";',
    ],
    [
      'anything else',
      `${ADD_COLUMN};${BREAK}INSERT INTO "roles" VALUES ('drop index', 'create index "a" on "b"');`,
    ],
  ])('takes %s', (_, sql) => {
    expect(indexProblems(sql)).toEqual([])
  })

  test('knows the name of the index, which an earlier attempt may have left', () => {
    expect(indexStep(`-- Why.\n${NEW_INDEX}`)).toEqual({
      act: 'create',
      index: '"new_index"',
      isRepeatable: true,
    })
    expect(indexStep('create index concurrently on users (name)')?.isRepeatable).toBe(false)
    expect(indexStep('create index "a" on "users" ("concurrently")')).toBeNull()
  })

  test('names the file, and npm run db:migrate refuses a connection pooler', () => {
    const run = (file: string, env = {}) =>
      spawnSync(process.execPath, [file], { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } })
    const DATABASE_URL = 'postgresql://u:canary@ep-a-pooler.eu.aws.neon.tech/db'
    const { stderr, status } = run('cli/migrate.ts', { DATABASE_URL })
    expect([status, stderr.trim()]).toEqual([
      1,
      'DATABASE_URL is of a connection pooler: take "-pooler" out of its host to migrate',
    ])
    expect(run('cli/check-migrations.ts').status).toBe(0)
    expect(readFileSync(join(root, 'package.json'), 'utf8')).toContain(
      '"db:check": "node cli/check-migrations.ts"',
    )
  })
})
