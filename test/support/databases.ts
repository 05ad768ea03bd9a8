import { once } from 'node:events'
import { createServer } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Pool } from 'pg'
import { applyMigrations } from '../../local/migrate.ts'
import { createNeonEndpoint, serveNeonEndpoint } from '../../local/neon-endpoint.ts'
import { pglitePool, postgresPool } from '../../local/pools.ts'
import { SCHEMA_NAME } from '../../src/features/tables.ts'
import { startFaultyServer } from './faulty-server.ts'
import { newPglite } from './new-pglite.ts'
import { startPostgresServer } from './postgres-server.ts'
import type { Server } from './server-thread.ts'

type TestDatabase = {
  pool: Pool
  statements: string[][]
  close(): Promise<unknown>
  /** The address of PostgreSQL itself, for clients that bypass the endpoint. */
  serverUrl?: string
}
type Engine = { create(name: string): Promise<Omit<TestDatabase, 'statements'>>; close?(): Promise<void> }

const STARTS = { postgres: startPostgres, pglite: startPglite }

/**
 * One engine behind a Neon-compatible endpoint, and a small HTTP server from which tests of any runtime get a
 * migrated database of their own, the statements that reached it, and answers to statements that bypass the
 * endpoint.
 *
 * The engine starts on the first request for a database: a run of one file needs one engine, or none.
 *
 * @param startOthers starts the same for the other engine, in a thread of its own: PGlite blocks its thread
 *   for seconds when it makes a database, and statements of this engine would miss their deadlines meanwhile
 */
export async function startDatabases(engine: keyof typeof STARTS, startOthers?: () => Promise<Server>) {
  const own = onFirstUse(STARTS[engine])
  const others = startOthers && onFirstUse(startOthers)
  const databases = new Map<string, TestDatabase>()
  let created = 0
  const named = (connectionString: string) => databases.get(new URL(connectionString).pathname.slice(1))
  const endpoint = await serveNeonEndpoint(
    createNeonEndpoint({
      poolFor: (connectionString) => named(connectionString)?.pool,
      onRoundTrip: ({ connectionString, queries }) =>
        named(connectionString)?.statements.push(queries.map(({ query }) => query)),
    }),
    { port: 0 },
  )
  const faulty = await startFaultyServer()
  const control = new Hono()
    .post('/report', async (c) => {
      process.stdout.write(`${await c.req.text()}\n`)
      return c.body(null, 204)
    })
    .use(async (c, next) => {
      if (!others || c.req.path.startsWith(`/${engine}`)) return await next()
      const { url } = await others.get()
      const { method, path } = c.req
      return await fetch(url + path, { method, body: method === 'POST' ? await c.req.text() : null })
    })
    .post(`/${engine}`, async (c) => {
      created++
      const name = `${engine}_${created}`
      const database = await (await own.get()).create(name)
      databases.set(name, { ...database, statements: [] })
      const url = `postgresql://test:test@localhost:${endpoint.port}/${name}`
      return c.json({
        name,
        url,
        faultyUrl: faulty.url,
        elsewhereUrl: faulty.elsewhereUrl,
        serverUrl: database.serverUrl,
      })
    })
    .get('/:name/statements', (c) => c.json(databases.get(c.req.param('name'))?.statements.splice(0) ?? []))
    .post('/:name/sql', async (c) => {
      const { text, values } = await c.req.json<{ text: string; values: unknown[] }>()
      const result = await databases.get(c.req.param('name'))?.pool.query(text, values)
      return c.json(result?.rows ?? [])
    })
    .delete('/:name', async (c) => {
      const name = c.req.param('name')
      await databases.get(name)?.close()
      databases.delete(name)
      return c.body(null, 204)
    })
  // No keep-alive timeout: a worker that was busy for five seconds would send on a connection that is being
  // closed.
  const serverOptions = { keepAliveTimeout: 0 }
  const server = serve({ fetch: control.fetch, hostname: '127.0.0.1', port: 0, createServer, serverOptions })
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const close = async () => {
    server.close()
    await faulty.close()
    await endpoint.close()
    for (const database of databases.values()) await database.close()
    await (await own.ifUsed())?.close?.()
    await (await others?.ifUsed())?.close()
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

function onFirstUse<T>(start: () => Promise<T>) {
  let started: Promise<T> | undefined
  return {
    get() {
      started ??= start()
      return started
    },
    ifUsed: () => started,
  }
}

/**
 * Half a second less than `DATABASE_TIMEOUT_MILLISECONDS` in `test-app.ts`, which is generous for busy
 * machines.
 */
const STATEMENT_TIMEOUT = '14500ms'

/**
 * For the statements of tests, which name tables alone. The product names the schema with every table, which
 * `test/least-privilege.test.ts` shows in a database without this.
 */
const SEARCH_PATH = `${SCHEMA_NAME}, public`

/** The most statements of one database that run at once: those of a race have to. */
const CONNECTIONS = 60

/** A real server; each database is a copy of a migrated template. */
async function startPostgres(): Promise<Engine> {
  const server = await startPostgresServer()
  const admin = postgresPool(server.url('postgres'))
  await admin.query('create database template_migrated')
  const template = postgresPool(server.url('template_migrated'))
  await applyMigrations(template)
  await template.end()
  return {
    async create(name) {
      await admin.query(`create database ${name} template template_migrated`)
      await admin.query(`alter database ${name} set statement_timeout = '${STATEMENT_TIMEOUT}'`)
      await admin.query(`alter database ${name} set search_path = ${SEARCH_PATH}`)
      const pool = postgresPool(server.url(name), CONNECTIONS)
      return { pool, close: () => pool.end(), serverUrl: server.url(name) }
    },
    async close() {
      await admin.end()
      await server.stop()
    },
  }
}

/** PGlite has one database per instance: each instance loads the dump of a migrated one. */
async function startPglite(): Promise<Engine> {
  const { PGlite } = await import('@electric-sql/pglite')
  const template = await newPglite()
  const pool = pglitePool(template)
  await applyMigrations(pool)
  await pool.end()
  const dump = await template.dumpDataDir('none')
  await template.close()
  return {
    async create() {
      const instance = await PGlite.create({ loadDataDir: dump })
      await instance.exec(`set statement_timeout = '${STATEMENT_TIMEOUT}'; set search_path = ${SEARCH_PATH}`)
      const ownPool = pglitePool(instance)
      return { pool: ownPool, close: () => ownPool.end().then(() => instance.close()) }
    },
  }
}
