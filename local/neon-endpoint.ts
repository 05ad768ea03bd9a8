/**
 * Neon's SQL-over-HTTP protocol in front of any PostgreSQL, so that the application runs on a developer's
 * machine and in tests with the very driver it has in production.
 *
 * One `POST /sql` is one round trip: `{ query, params }` for one statement, `{ queries: [...] }` for a batch,
 * which is one transaction. Values go both ways as PostgreSQL's own text.
 * @module
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Pool } from 'pg'
import * as z from 'zod'
import { databaseErrorPayload, executeBatch, executeSingle, type Statement } from './neon-execution.ts'

// The driver has turned dates, arrays, objects and bytes into text before it sends them. Anything else in
// here comes from another client, which would not get from this endpoint what Neon gives it.
const statementSchema = z.object({
  query: z.string(),
  params: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).default([]),
})
const bodySchema = z.union([z.object({ queries: z.array(statementSchema) }), statementSchema])

/** What one HTTP request asked for; a batch has several queries. */
export type RoundTrip = { connectionString: string; queries: Statement[] }

/** How the endpoint finds its databases and whom it tells. */
export type NeonEndpointOptions = {
  /** Chooses the pool for a connection string; undefined answers as for a database that does not exist. */
  poolFor: (connectionString: string) => Pool | undefined
  /** Called once per well-formed HTTP request, before it is executed and whatever comes of it. */
  onRoundTrip?: (roundTrip: RoundTrip) => void
  /** Told the cause of every answer 500, which the answer itself conceals. */
  onFailure?: (error: unknown) => void
  /** How long the statements of one request may take. Default is 30000 (30 seconds). */
  deadlineMilliseconds?: number
}

/** Twice what the application may be configured to wait for an answer. */
const DEADLINE_MILLISECONDS = 30_000

/**
 * Neon's proxy has no answer to it either. In the embedded database, `COPY … TO PROGRAM` waits for ever, and
 * with it the whole process: no deadline would end that.
 */
const COPY = /^copy\b/i

/** What may stand before a statement's first word: white space, semicolons and comments. */
const SKIPPED = /^(?:[\s;]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)/

/**
 * Taken off piece by piece: one expression that repeats them all would try every way to divide a run of them.
 */
function isCopy(query: string): boolean {
  let rest = query
  for (let skipped = SKIPPED.exec(rest); skipped; skipped = SKIPPED.exec(rest))
    rest = rest.slice(skipped[0].length)
  return COPY.test(rest)
}

const isolationLevels = new Map([
  ['ReadUncommitted', 'READ UNCOMMITTED'],
  ['ReadCommitted', 'READ COMMITTED'],
  ['RepeatableRead', 'REPEATABLE READ'],
  ['Serializable', 'SERIALIZABLE'],
])

/**
 * The endpoint as an application without a socket.
 *
 * @returns a Hono app with `POST /sql`. It answers 200 with the result or `{ results }`; 400 with the fields
 *   of a database error, or only a message for a request it does not understand; 403 for a request that may
 *   come from a web page; 500 if the database cannot be reached.
 * @see https://github.com/neondatabase/serverless
 */
export function createNeonEndpoint(options: NeonEndpointOptions): Hono {
  const app = new Hono()
  app.use(refuseWebPages)
  app.post('/sql', async (c) => {
    const giveUp = abandonedBy(c)
    const connectionString = requireHeaders(c)
    const body = await parseBody(c)
    const isBatch = 'queries' in body
    const begin = isBatch ? beginStatement(c) : ''
    const pool = options.poolFor(connectionString)
    if (!pool) return c.json({ message: 'database does not exist', code: '3D000', severity: 'FATAL' }, 400)
    const queries = isBatch ? body.queries : [body]
    if (queries.some(({ query }) => isCopy(query))) throw badRequest('COPY is not possible over HTTP')
    options.onRoundTrip?.({ connectionString, queries })
    const deadline = options.deadlineMilliseconds ?? DEADLINE_MILLISECONDS
    const timer = setTimeout(() => giveUp.abort(asError(TIMED_OUT)), deadline)
    try {
      const work = { pool, signal: giveUp.signal }
      if (!isBatch) return c.json(await executeSingle(work, body))
      return c.json({ results: await executeBatch(work, begin, body.queries) })
    } finally {
      clearTimeout(timer)
    }
  })
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ message: error.message }, error.status)
    const payload = databaseErrorPayload(error)
    if (payload) return c.json(payload, 400)
    // Addresses, user names and stack traces stay out of the answer: an error of the driver ends up in the
    // application's log, and in production that log would never have had them.
    options.onFailure?.(error)
    return c.json({ message: 'could not reach the database' }, 500)
  })
  return app
}

/**
 * Listens on a loopback address; anything else is refused, because whoever reaches the port owns the
 * database.
 *
 * @param listen - `port` 0 takes any free one; `hostname` is 127.0.0.1 by default.
 * @returns the port, and `close`, which also ends connections that are kept alive or in the middle of a
 *   query.
 * @throws Error if the hostname is not a loopback name; the error EADDRINUSE if the port is taken.
 */
export async function serveNeonEndpoint(
  app: Hono,
  { port, hostname = '127.0.0.1' }: { port: number; hostname?: string },
): Promise<{ port: number; close(): Promise<void> }> {
  if (!['127.0.0.1', '::1', 'localhost'].includes(hostname)) {
    throw new Error(`the Neon endpoint listens on loopback only, not on ${hostname}`)
  }
  // The globals stay as they are: the driver under test shares this process and needs the real ones.
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  // An idle connection is the client's to close: by Node's five seconds it could be closed under a request
  // that a busy process sends late.
  server.keepAliveTimeout = 0
  server.listen(port, hostname)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** As PostgreSQL and Neon's proxy name the two. */
const TIMED_OUT = {
  message: 'canceling statement due to statement timeout',
  code: '57014',
  severity: 'ERROR',
}
const ABANDONED = { message: 'Query cancelled, connection was terminated', code: '08P01', severity: 'ERROR' }

const asError = ({ message, ...fields }: typeof TIMED_OUT) => Object.assign(new Error(message), fields)

/** Aborted when the client goes away. Neon ends its statements then, and an answer would reach nobody. */
function abandonedBy(c: Context): AbortController {
  const controller = new AbortController()
  const { outgoing } = c.env as HttpBindings
  // Also emitted once all was answered, when there is nothing left to end.
  outgoing.once('close', () => controller.abort(asError(ABANDONED)))
  return controller
}

// Two attacks by a page open in the developer's browser. DNS rebinding: the page's own name is made to
// resolve to 127.0.0.1, then the endpoint is same-origin for it; the Host header still has the foreign name.
// Plain cross-origin fetch: the browser sends it and only conceals the answer, but a DELETE needs no answer;
// a browser puts Origin on every POST, and the driver, which runs on servers, on none.
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\]|db\.localtest\.me)(:\d{1,5})?$/i

const refuseWebPages: MiddlewareHandler = async function refuseWebPages(c, next) {
  if (!loopbackHost.test(c.req.header('host') ?? '') || c.req.header('origin') !== undefined) {
    throw new HTTPException(403, { message: 'only local servers may use this database' })
  }
  await next()
}

function badRequest(message: string): HTTPException {
  return new HTTPException(400, { message })
}

function requireHeaders(c: Context): string {
  // Neon has other answer shapes without these two. The driver always asks for this one, so it is the only
  // one.
  for (const name of ['Neon-Raw-Text-Output', 'Neon-Array-Mode']) {
    if (c.req.header(name) !== 'true') throw badRequest(`the header ${name} must be true`)
  }
  const connectionString = c.req.header('Neon-Connection-String')
  if (!connectionString) throw badRequest('the header Neon-Connection-String is missing')
  return connectionString
}

async function parseBody(c: Context): Promise<z.infer<typeof bodySchema>> {
  const json: unknown = await c.req.json().catch(() => {
    throw badRequest('the body is not JSON')
  })
  const body = bodySchema.safeParse(json)
  if (!body.success)
    throw badRequest('the body must be { query, params } or { queries: [{ query, params }] }')
  return body.data
}

function beginStatement(c: Context): string {
  const level = c.req.header('Neon-Batch-Isolation-Level')
  const sqlLevel = level === undefined ? undefined : isolationLevels.get(level)
  // Never a silent default: a transaction weaker than asked for shows only under a race.
  if (level !== undefined && !sqlLevel) throw badRequest('the header Neon-Batch-Isolation-Level is unknown')
  const readOnly = flag(c, 'Neon-Batch-Read-Only') ? ' READ ONLY' : ''
  const deferrable = flag(c, 'Neon-Batch-Deferrable') ? ' DEFERRABLE' : ''
  return `BEGIN${sqlLevel ? ` ISOLATION LEVEL ${sqlLevel}` : ''}${readOnly}${deferrable}`
}

function flag(c: Context, name: string): boolean {
  const value = c.req.header(name) ?? 'false'
  if (value !== 'true' && value !== 'false') throw badRequest(`the header ${name} must be true or false`)
  return value === 'true'
}
