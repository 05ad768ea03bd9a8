import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PGlite } from '@electric-sql/pglite'
import type { HttpBindings } from '@hono/node-server'
import { type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless'
import { Hono } from 'hono'
import { Client, type Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { createNeonEndpoint, serveNeonEndpoint } from '../../local/neon-endpoint.ts'
import { pglitePool, postgresPool } from '../../local/pools.ts'
import { newPglite } from '../support/new-pglite.ts'

// Neon's proxy cancels what runs for a request whose client goes away. Were it otherwise here, a statement
// that was given up on would be committed later, and races after time-outs would be tested as they are
// nowhere else.

type Sql = NeonQueryFunction<false, false>

/** Two, so that a third request has to wait for one. */
const CONNECTIONS = 2

/** As a busy machine needs it. */
const PATIENT = { timeout: 20_000 }

let blocker: Client
/** Sees what the blocker, in one transaction, would see as it was at first. */
let observer: Pool
let pool: Pool
let endpoint: Awaited<ReturnType<typeof serveNeonEndpoint>>
let sql: Sql
const failures: unknown[] = []
/** Requests that the endpoint has, and whose client it has not seen go away. */
let underWay = 0

beforeAll(async () => {
  const created = await fetch(`${inject('databasesUrl')}/postgres`, { method: 'POST' })
  const { serverUrl } = (await created.json()) as { serverUrl: string }
  blocker = new Client({ connectionString: serverUrl })
  await blocker.connect()
  await blocker.query('create table rows (id int primary key, value int not null)')
  observer = postgresPool(serverUrl, 1)
  pool = postgresPool(serverUrl, CONNECTIONS)
  const app = new Hono()
    .use(async (c, next) => {
      underWay++
      const { outgoing } = c.env as HttpBindings
      outgoing.once('close', () => underWay--)
      await next()
    })
    .route('/', createNeonEndpoint({ poolFor: () => pool, onFailure: (error) => failures.push(error) }))
  endpoint = await serveNeonEndpoint(app, { port: 0 })
  neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`
  sql = neon(`postgres://user:secret@127.0.0.1:${endpoint.port}/main`)
})
beforeEach(async () => {
  await blocker.query('truncate rows')
  await blocker.query('insert into rows values (1, 0), (2, 0)')
})
afterAll(async () => {
  await endpoint?.close()
  await blocker?.end()
  await observer?.end()
  await pool?.end()
})

/** Locks the first row for as long as the work takes. */
async function whileLocked(work: () => Promise<void>): Promise<void> {
  await blocker.query('begin')
  await blocker.query('select from rows where id = 1 for update')
  try {
    await work()
  } finally {
    await blocker.query('rollback')
  }
}

/** How many statements wait for the lock. */
async function waiting(): Promise<number> {
  const { rows } = await observer.query(
    "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
  )
  return rows.length
}

async function untilWaiting(count: number): Promise<void> {
  for (let attempt = 0; attempt < 500 && (await waiting()) !== count; attempt++) await sleep(20)
  expect(await waiting()).toBe(count)
}

const values = async () => (await blocker.query('select value from rows order by id')).rows

const change = (id: number) => sql`update rows set value = value + 1 where id = ${id} returning value`

/** What an application does that waits no longer. */
const forms: [string, (fetchOptions: RequestInit) => Promise<unknown>][] = [
  [
    'a statement',
    (fetchOptions) => sql.query('update rows set value = value + 1 where id = 1', [], { fetchOptions }),
  ],
  ['a batch', (fetchOptions) => sql.transaction([change(2), change(1)], { fetchOptions })],
  // Which waits in its first statement, so that there is one left to run.
  [
    'a batch that has just begun',
    (fetchOptions) => sql.transaction([change(1), change(2)], { fetchOptions }),
  ],
]

describe('a request that is abandoned changes nothing afterwards (row 92)', () => {
  test.each(forms)('%s that waits for a lock', async (_, send) => {
    await whileLocked(async () => {
      const controller = new AbortController()
      const failed = expect(send({ signal: controller.signal })).rejects.toThrow()
      await untilWaiting(1)
      controller.abort()
      await failed
      // It ends while the row is still locked.
      await untilWaiting(0)
    })
    // Nothing is left that could be done now: both connections answer.
    expect(await Promise.all([change(1), change(2)])).toEqual([[{ value: 1 }], [{ value: 1 }]])
    expect(await values()).toEqual([{ value: 1 }, { value: 1 }])
    expect(failures).toEqual([])
  })

  test('a statement that waits for a connection is never begun', async () => {
    await whileLocked(async () => {
      const busy = Array.from({ length: CONNECTIONS }, () => change(1).catch(() => 'given up'))
      await untilWaiting(CONNECTIONS)
      const controller = new AbortController()
      const fetchOptions = { signal: controller.signal }
      const sent = sql.query('update rows set value = 100 where id = 2', [], { fetchOptions })
      const failed = expect(sent).rejects.toThrow()
      for (let attempt = 0; attempt < 500 && pool.waitingCount !== 1; attempt++) await sleep(5)
      expect(pool.waitingCount).toBe(1)
      controller.abort()
      await failed
      // What the endpoint has not noticed yet would get the lock, and be done.
      await expect.poll(() => underWay, PATIENT).toBe(CONNECTIONS)
      await blocker.query('rollback')
      await Promise.all(busy)
    })
    await expect.poll(() => pool.idleCount, PATIENT).toBe(CONNECTIONS)
    expect((await values())[1]).toEqual({ value: 0 })
  })

  test('a hundred at all sorts of moments: no connection is lost', async () => {
    await whileLocked(async () => {
      for (let round = 0; round < 50; round++) {
        const both = Array.from({ length: CONNECTIONS }, () =>
          sql.query('update rows set value = value + 1 where id = 1', [], {
            fetchOptions: { signal: AbortSignal.timeout(round) },
          }),
        )
        await Promise.allSettled(both)
      }
      // What was sent last may not have been read yet.
      await sleep(300)
      await expect
        .poll(() => [underWay, pool.waitingCount, pool.totalCount - pool.idleCount], PATIENT)
        .toEqual([0, 0, 0])
    })
    expect(await change(1)).toEqual([{ value: 1 }])
    await expect.poll(() => pool.totalCount - pool.idleCount, PATIENT).toBe(0)
  })
})

/** Another endpoint over the same pool. */
async function serve(options: { deadlineMilliseconds?: number }) {
  const other = await serveNeonEndpoint(createNeonEndpoint({ poolFor: () => pool, ...options }), { port: 0 })
  return { ...other, sql: neon(`postgres://u:p@127.0.0.1:${other.port}/main`) }
}

test('a statement past the deadline is rolled back, like one past statement_timeout', async () => {
  const other = await serve({ deadlineMilliseconds: 300 })
  await whileLocked(async () => {
    await expect(other.sql`update rows set value = 9 where id = 1`).rejects.toMatchObject({ code: '57014' })
    await untilWaiting(0)
  })
  expect(await values()).toEqual([{ value: 0 }, { value: 0 }])
  expect(await change(1)).toEqual([{ value: 1 }])
  await other.close()
})

test('closing ends running statements', async () => {
  const other = await serve({})
  await whileLocked(async () => {
    const sent = other.sql`update rows set value = 9 where id = 1`
    const failed = expect(sent).rejects.toThrow()
    await untilWaiting(1)
    await other.close()
    await failed
    await untilWaiting(0)
  })
  expect(await values()).toEqual([{ value: 0 }, { value: 0 }])
})

describe('the embedded database, whose only session can’t be ended', () => {
  let pglite: PGlite
  let embedded: Pool
  let server: typeof endpoint
  beforeAll(async () => {
    pglite = await newPglite()
    embedded = pglitePool(pglite)
    await embedded.query('create table rows (id int)')
    server = await serveNeonEndpoint(createNeonEndpoint({ poolFor: () => embedded }), { port: 0 })
  }, 60_000)
  afterAll(async () => {
    await server?.close()
    await embedded?.end()
    await pglite?.close()
  })

  /** Sends a body and goes away once the endpoint has it. */
  async function sendAndLeave(body: object): Promise<void> {
    const headers = {
      ...{ 'Neon-Connection-String': 'postgres://u:p@localhost/main', 'Neon-Raw-Text-Output': 'true' },
      'Neon-Array-Mode': 'true',
    }
    const options = {
      host: '127.0.0.1',
      port: server.port,
      path: '/sql',
      method: 'POST',
      headers,
      agent: false,
    }
    const sent = request(options)
    sent.on('error', () => {})
    sent.end(JSON.stringify(body))
    for (let attempt = 0; attempt < 500 && embedded.waitingCount === 0; attempt++) await sleep(5)
    expect(embedded.waitingCount).toBe(1)
    sent.destroy()
  }

  test.each([
    ['a statement', { query: 'insert into rows values (1)' }],
    ['a batch', { queries: [{ query: 'insert into rows values (1)' }] }],
  ])('%s that waits for it is never begun', async (_, body) => {
    const client = await embedded.connect()
    await sendAndLeave(body)
    await sleep(50)
    client.release()
    expect((await embedded.query('select id from rows')).rows).toEqual([])
  })

  test.each(["copy (select 1) to program 'cat'", " /* a */ ; -- b\n COPY rows from program 'ls'"])(
    '%s, which would block the process for ever, is refused',
    async (query) => {
      const embeddedSql = neon(`postgres://u:p@127.0.0.1:${server.port}/main`)
      await expect(embeddedSql.query(query)).rejects.toThrow('COPY is not possible over HTTP')
      await expect(embeddedSql.transaction([embeddedSql.query(query)])).rejects.toThrow('COPY')
      expect(await embeddedSql.query("select 'copy' as copy")).toEqual([{ copy: 'copy' }])
    },
  )
})
