import { Agent, request } from 'node:http'
import { type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless'
import { drizzle } from 'drizzle-orm/neon-http'
import { integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createNeonEndpoint, type RoundTrip, serveNeonEndpoint } from '../../local/neon-endpoint.ts'
import { databaseErrorPayload } from '../../local/neon-execution.ts'
import { pglitePool, postgresPool } from '../../local/pools.ts'
import { newPglite } from '../support/new-pglite.ts'
import { startPostgresServer } from '../support/postgres-server.ts'
import { freePort } from '../support/process.ts'

type Engine = { pool: Pool; stop(): Promise<void> }
type Sql = NeonQueryFunction<false, false>

async function startPglite(): Promise<Engine> {
  const pglite = await newPglite()
  const pool = pglitePool(pglite)
  return { pool, stop: () => pool.end().then(() => pglite.close()) }
}

async function startPostgres(): Promise<Engine> {
  const server = await startPostgresServer()
  const pool = postgresPool(server.url('postgres'))
  return { pool, stop: () => pool.end().then(() => server.stop()) }
}

type Failure = Error & { code?: string }

const failure = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => expect.fail('succeeded, but should have failed'),
    (error) => error,
  )

type Answer = { status: number | undefined; json: { message?: string; fields?: unknown } }

/** Sends what `fetch` does not let one send: any Host and any Origin. */
function post(to: { port: number; headers: Record<string, string>; agent?: Agent }, body: unknown) {
  return new Promise<Answer>((resolve, reject) => {
    const options = { host: '127.0.0.1', path: '/sql', method: 'POST', agent: false, ...to }
    const sent = request(options, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      resolve({ status: response.statusCode, json: JSON.parse(Buffer.concat(chunks).toString()) })
    })
    sent.on('error', reject)
    sent.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
}

// Drizzle's neon-http session switches off the driver's parsers of date types for the whole process, so
// whether a Date or its text arrives depends on which test ran first. Both must be the same millisecond.
function comparable(type: string, value: unknown): unknown {
  if (type === 'timestamptz(3)') return new Date(value as string | Date).toISOString()
  return value instanceof Uint8Array ? [...value] : value
}

const engines = [
  { engine: 'PGlite', start: startPglite, manyConnections: false },
  { engine: 'PostgreSQL 18', start: startPostgres, manyConnections: true },
]

describe.each(engines)('the Neon endpoint over $engine', ({ start, manyConnections }) => {
  let engine: Engine
  let unreachable: Pool
  let endpoint: Awaited<ReturnType<typeof serveNeonEndpoint>>
  let sql: Sql
  let headers: Record<string, string>
  const roundTrips: RoundTrip[] = []
  const failures: unknown[] = []
  const connectTo = (database: string) => `postgres://user:secret@127.0.0.1:${endpoint.port}/${database}`

  beforeAll(async () => {
    engine = await start()
    unreachable = postgresPool(`postgres://user:secret@127.0.0.1:${await freePort()}/main`)
    const pools = new Map([
      ['/main', engine.pool],
      ['/unreachable', unreachable],
    ])
    const app = createNeonEndpoint({
      poolFor: (connectionString) => pools.get(new URL(connectionString).pathname),
      onRoundTrip: (roundTrip) => roundTrips.push(roundTrip),
      onFailure: (error) => failures.push(error),
    })
    endpoint = await serveNeonEndpoint(app, { port: 0 })
    neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`
    sql = neon(connectTo('main'))
    headers = {
      'Neon-Connection-String': connectTo('main'),
      'Neon-Raw-Text-Output': 'true',
      'Neon-Array-Mode': 'true',
    }
    await sql`create table owners (id integer primary key)`
    await sql`create table items (
      id integer constraint items_pkey primary key,
      owner integer constraint items_owner_fkey references owners,
      late_owner integer constraint items_late_fkey references owners deferrable initially deferred)`
  }, 60_000)

  beforeEach(async () => {
    await engine.pool.query('truncate items, owners')
    roundTrips.length = 0
    failures.length = 0
  })

  afterAll(async () => {
    await endpoint?.close()
    await unreachable?.end()
    await engine?.stop()
  }, 60_000)

  const storedIds = async () =>
    (await engine.pool.query('select id from items order by id')).rows.map((r) => r.id)

  describe('values', () => {
    const uuidValue = '0190f5b4-7d3c-7c11-b1a4-5f1f5a6d2c3e'
    const types: { type: string; sent: unknown; received: unknown }[] = [
      { type: 'integer', sent: -2147483648, received: -2147483648 },
      { type: 'bigint', sent: 9007199254740993n, received: '9007199254740993' },
      { type: 'text', sent: 'naïve \\ "quoted" \u{1F600}\n', received: 'naïve \\ "quoted" \u{1F600}\n' },
      { type: 'text', sent: '', received: '' },
      { type: 'boolean', sent: true, received: true },
      { type: 'boolean', sent: false, received: false },
      { type: 'uuid', sent: uuidValue, received: uuidValue },
      {
        type: 'timestamptz(3)',
        sent: new Date('2026-03-29T01:59:59.987Z'),
        received: '2026-03-29T01:59:59.987Z',
      },
      { type: 'text[]', sent: ['a,b', '"', 'NULL', '', null], received: ['a,b', '"', 'NULL', '', null] },
      { type: 'jsonb', sent: { a: [1, null, 'x'] }, received: { a: [1, null, 'x'] } },
      { type: 'bytea', sent: new Uint8Array([0, 92, 120, 255]), received: [0, 92, 120, 255] },
    ]

    it.each(types)('come back as they went: $type $sent', async ({ type, sent, received }) => {
      const [row] = await sql.query(`select $1::${type} as value`, [sent])
      const { value } = row ?? {}
      expect(comparable(type, value)).toEqual(received)
    })

    it.each([...new Set(types.map(({ type }) => type))])('keep a null of type %s', async (type) => {
      expect(await sql.query(`select $1::${type} as value, $1::${type} is null as seen`, [null])).toEqual([
        { value: null, seen: true },
      ])
    })

    it('cross the wire as strings, with the fields described', async () => {
      const query = 'select id, true as yes, null::int as none from items'
      await sql`insert into items (id) values (7)`
      const { json } = await post({ port: endpoint.port, headers }, { query, params: [] })
      expect(json).toMatchObject({
        command: 'SELECT',
        rowCount: 1,
        rows: [['7', 't', null]],
        rowAsArray: true,
      })
      const described = { dataTypeSize: 4, dataTypeModifier: -1, format: 'text' }
      const id = { name: 'id', tableID: expect.any(Number), columnID: 1, dataTypeID: 23, ...described }
      const none = { name: 'none', tableID: 0, columnID: 0, dataTypeID: 23, ...described }
      expect(json.fields).toEqual([id, expect.objectContaining({ name: 'yes', dataTypeID: 16 }), none])
    })

    it('come back right through Drizzle', async () => {
      const notes = pgTable('notes', {
        id: integer().primaryKey().generatedAlwaysAsIdentity(),
        key: uuid().notNull(),
        tags: text().array(),
        details: jsonb(),
        createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull(),
      })
      await sql`create table notes (id integer generated always as identity, key uuid unique, tags text[],
        details jsonb, created_at timestamptz(3))`
      const db = drizzle({ client: sql })
      const note = {
        key: uuidValue,
        tags: ['a', 'b'],
        details: { n: 1 },
        createdAt: new Date(1_767_225_600_123),
      }
      expect(await db.insert(notes).values(note).returning()).toEqual([{ id: 1, ...note }])
      const error = await failure(db.insert(notes).values(note).execute())
      expect(error.cause).toMatchObject({ code: '23505', constraint: 'notes_key_key' })
    })
  })

  describe('errors', () => {
    it('names the constraint of a unique violation', async () => {
      await sql`insert into items (id) values (1)`
      expect(await failure(sql`insert into items (id) values (1)`)).toMatchObject({
        ...{ name: 'NeonDbError', code: '23505', severity: 'ERROR', schema: 'public', table: 'items' },
        ...{ constraint: 'items_pkey', detail: 'Key (id)=(1) already exists.' },
      })
    })

    it('names the constraint of a foreign-key violation', async () => {
      const error = await failure(sql`insert into items (id, owner) values (1, 99)`)
      expect(error).toMatchObject({ code: '23503', constraint: 'items_owner_fkey' })
    })

    it('tells the position of a syntax error', async () => {
      const error = await failure(sql`select 1 frmo items`)
      expect(error).toMatchObject({
        code: '42601',
        position: '15',
        message: expect.stringContaining('"items"'),
      })
    })

    it('refuses two statements in one query and runs neither', async () => {
      const error = await failure(sql`insert into items (id) values (1); insert into items (id) values (2)`)
      expect(error.code).toBe('42601')
      expect(await storedIds()).toEqual([])
    })

    it('answers 500 without internals for an unreachable database', async () => {
      const error = await failure(neon(connectTo('unreachable'))`select 1`)
      expect(error.message).toBe('Server error (HTTP status 500): {"message":"could not reach the database"}')
      expect(failures).toEqual([expect.objectContaining({ code: 'ECONNREFUSED' })])
    })

    it('answers like Neon for a database that does not exist', async () => {
      expect(await failure(neon(connectTo('elsewhere'))`select 1`)).toMatchObject({ code: '3D000' })
    })

    it('does not let a lone BEGIN swallow the statements after it', async () => {
      await sql`begin`
      await sql`insert into items (id) values (1)`
      await failure(sql`select 1 / 0`)
      expect(await storedIds()).toEqual(['1'])
    })

    it.runIf(manyConnections)('survives the loss of the connection in use', async () => {
      expect(await failure(sql`select pg_terminate_backend(pg_backend_pid())`)).toMatchObject({
        code: '57P01',
      })
      expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
    })
  })

  describe('batches', () => {
    it('commits all statements and answers each', async () => {
      const results = await sql.transaction([
        sql`insert into owners (id) values (1)`,
        sql`insert into items (id, owner) values (1, ${1}) returning id`,
        sql`select count(*)::int as n from items`,
      ])
      expect(results).toEqual([[], [{ id: 1 }], [{ n: 1 }]])
      expect(await storedIds()).toEqual(['1'])
    })

    it('rolls everything back and answers the error of the first statement that failed', async () => {
      const statements = [1, 1, 2].map((id) => sql`insert into items (id) values (${id})`)
      const error = await failure(sql.transaction([...statements, sql`select 1 / 0`]))
      expect(error).toMatchObject({ code: '23505', constraint: 'items_pkey' })
      expect(await storedIds()).toEqual([])
    })

    it('answers the error of a constraint that is checked at COMMIT', async () => {
      const error = await failure(sql.transaction([sql`insert into items (id, late_owner) values (1, 99)`]))
      expect(error).toMatchObject({ code: '23503', constraint: 'items_late_fkey' })
      expect(await storedIds()).toEqual([])
    })

    it('refuses to write when read-only', async () => {
      const write = sql`insert into items (id) values (1)`
      expect(await failure(sql.transaction([write], { readOnly: true }))).toMatchObject({ code: '25006' })
      expect(await storedIds()).toEqual([])
    })

    const settings = transactionSettings()
    it.each(settings)('runs with the given options: $options', async ({ options, expected }) => {
      const select = `select current_setting('transaction_isolation') as isolation,
        current_setting('transaction_read_only') as read_only, current_setting('transaction_deferrable') as deferrable`
      const [rows] = await sql.transaction([sql.query(select)], options)
      expect(rows).toEqual([expected])
    })

    it('loses no connection to failures', async () => {
      // More failures than the 10 connections of the pool: losing one each time would leave none.
      for (let count = 0; count < 20; count += 1) {
        expect(await failure(sql.transaction([sql`select 1 / 0`]))).toMatchObject({ code: '22012' })
      }
      await sql.transaction([sql`insert into items (id) values (1)`])
      expect(await storedIds()).toEqual(['1'])
      expect(engine.pool.idleCount).toBe(engine.pool.totalCount)
    })
  })

  describe('round trips', () => {
    it('answers 50 parallel queries each with its own result', async () => {
      const numbers = Array.from({ length: 50 }, (_, index) => index)
      const answers = await Promise.all(numbers.map((n) => sql`select ${n}::int * 3 as value`))
      expect(answers).toEqual(numbers.map((n) => [{ value: n * 3 }]))
    })

    it('keeps parallel batches apart', async () => {
      const batch = (id: number) =>
        sql.transaction([
          sql`insert into items (id) values (${id})`,
          id % 2 ? sql`select 1` : sql`select 1 / 0`, // every second one fails
        ])
      await Promise.allSettled(Array.from({ length: 10 }, (_, id) => batch(id)))
      expect(await storedIds()).toEqual(['1', '3', '5', '7', '9'])
      // On a server they did run side by side; PGlite has one session, so there they had to queue.
      expect(engine.pool.totalCount > 1).toBe(manyConnections)
    })

    it('counts a query once, a failing one too', async () => {
      await sql`select ${5}::int as five`
      await failure(sql`select 1 / 0`)
      const connectionString = expect.stringContaining('/main')
      expect(roundTrips).toEqual([
        { connectionString, queries: [{ query: 'select $1::int as five', params: ['5'] }] },
        { connectionString, queries: [{ query: 'select 1 / 0', params: [] }] },
      ])
    })

    it('counts a batch once, with all its queries', async () => {
      await sql.transaction([sql`select 1`, sql`select 2`, sql`select 3`])
      expect(roundTrips.map(({ queries }) => queries.length)).toEqual([3])
    })
  })

  describe('requests that are refused', () => {
    const insert = { query: 'insert into items (id) values (1)', params: [] }

    it.each(['localhost', '127.0.0.1:4444', '[::1]:4444', 'db.localtest.me:4444', 'LOCALHOST:1'])(
      'takes the Host %s',
      async (host) => {
        const { status } = await post({ port: endpoint.port, headers: { ...headers, host } }, insert)
        expect(status).toBe(200)
        expect(await storedIds()).toEqual(['1'])
      },
    )

    it.each([
      { host: 'attacker.example' },
      { host: 'localhost.attacker.example' },
      { host: 'attacker.example:4444' },
      { host: 'localhost:4444', origin: 'http://localhost:4444' },
      { host: 'localhost', origin: 'https://attacker.example' },
      { host: 'localhost', origin: 'null' },
    ])('answers 403 and runs nothing for %o', async (foreign) => {
      const { status, json } = await post(
        { port: endpoint.port, headers: { ...headers, ...foreign } },
        insert,
      )
      expect([status, json]).toEqual([403, { message: 'only local servers may use this database' }])
      expect(await storedIds()).toEqual([])
      expect(roundTrips).toEqual([])
    })

    it.each([
      { change: { 'Neon-Raw-Text-Output': 'false' }, names: 'Neon-Raw-Text-Output' },
      { change: { 'Neon-Array-Mode': 'false' }, names: 'Neon-Array-Mode' },
      { change: { 'Neon-Connection-String': '' }, names: 'Neon-Connection-String' },
      { change: { 'Neon-Batch-Isolation-Level': 'Snapshot' }, names: 'Neon-Batch-Isolation-Level' },
      { change: { 'Neon-Batch-Read-Only': 'yes' }, names: 'Neon-Batch-Read-Only' },
      { change: { 'Neon-Batch-Deferrable': '1' }, names: 'Neon-Batch-Deferrable' },
    ])('names the header at fault: $names', async ({ change, names }) => {
      const { status, json } = await post(
        { port: endpoint.port, headers: { ...headers, ...change } },
        { queries: [insert] },
      )
      expect([status, json.message]).toEqual([400, expect.stringContaining(names)])
      expect(await storedIds()).toEqual([])
    })

    it.each([
      { body: '{', says: 'not JSON' },
      { body: '', says: 'not JSON' },
      { body: '[]', says: 'the body must be' },
      { body: { query: 1 }, says: 'the body must be' },
      { body: { query: 'select $1', params: [{ a: 1 }] }, says: 'the body must be' },
      { body: { queries: [insert, { params: [] }] }, says: 'the body must be' },
    ])('says what is wrong with the body $body', async ({ body, says }) => {
      const { status, json } = await post({ port: endpoint.port, headers }, body)
      expect([status, json.message]).toEqual([400, expect.stringContaining(says)])
      expect(await storedIds()).toEqual([])
    })
  })
})

function transactionSettings() {
  const defaults = { isolation: 'read committed', read_only: 'off', deferrable: 'off' }
  return [
    { options: {}, expected: defaults },
    {
      options: { isolationLevel: 'ReadUncommitted' },
      expected: { ...defaults, isolation: 'read uncommitted' },
    },
    { options: { isolationLevel: 'ReadCommitted' }, expected: defaults },
    {
      options: { isolationLevel: 'RepeatableRead' },
      expected: { ...defaults, isolation: 'repeatable read' },
    },
    { options: { isolationLevel: 'Serializable' }, expected: { ...defaults, isolation: 'serializable' } },
    { options: { readOnly: true }, expected: { ...defaults, read_only: 'on' } },
    { options: { readOnly: false, deferrable: false }, expected: defaults },
    {
      options: { isolationLevel: 'Serializable', readOnly: true, deferrable: true },
      expected: { isolation: 'serializable', read_only: 'on', deferrable: 'on' },
    },
  ] as const
}

describe('serveNeonEndpoint', () => {
  const app = createNeonEndpoint({ poolFor: () => undefined })

  it('rejects with EADDRINUSE when the port is taken', async () => {
    const first = await serveNeonEndpoint(app, { port: 0 })
    await expect(serveNeonEndpoint(app, { port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await first.close()
  })

  it.each(['0.0.0.0', '::', '192.168.1.2', 'example.com'])('does not listen on %s', async (hostname) => {
    await expect(serveNeonEndpoint(app, { port: 0, hostname })).rejects.toThrow('loopback only')
  })

  it('ends connections that are kept alive when it closes', async () => {
    const { port, close } = await serveNeonEndpoint(app, { port: 0 })
    const agent = new Agent({ keepAlive: true })
    expect(await post({ port, headers: {}, agent }, '')).toMatchObject({ status: 400 })
    const [socket] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])
    const ended = new Promise<string>((resolve) => socket?.on('close', () => resolve('ended')))
    await close()
    expect(await ended).toBe('ended')
    await expect(post({ port, headers: {} }, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    agent.destroy()
  })

  it('never closes an idle connection, as a late request could arrive just then', async () => {
    const { port, close } = await serveNeonEndpoint(app, { port: 0 })
    const response = await fetch(`http://127.0.0.1:${port}/sql`, { method: 'POST' })
    expect(response.headers.get('connection')).toBe('keep-alive')
    // The hint that Node gives where it closes by itself.
    expect(response.headers.get('keep-alive')).toBeNull()
    await response.text()
    await close()
  })

  it('does not wait for a query that hangs when it closes', async () => {
    const hanging = { connect: () => new Promise(() => {}) } as unknown as Pool
    const arrived = Promise.withResolvers<void>()
    const app = createNeonEndpoint({ poolFor: () => hanging, onRoundTrip: () => arrived.resolve() })
    const { port, close } = await serveNeonEndpoint(app, { port: 0 })
    const headers = {
      'Neon-Connection-String': 'x',
      'Neon-Raw-Text-Output': 'true',
      'Neon-Array-Mode': 'true',
    }
    const cut = failure(post({ port, headers }, { query: 'select 1' }))
    await arrived.promise
    await close()
    expect(await cut).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('databaseErrorPayload', () => {
  it('does not take a broken pipe for a database error, though EPIPE is as long as a SQLSTATE', () => {
    expect(databaseErrorPayload(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toBeUndefined()
  })
})
