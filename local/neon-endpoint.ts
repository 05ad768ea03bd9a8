/**
 * Neon's SQL-over-HTTP protocol in front of any PostgreSQL, so that the application runs on a developer's
 * machine and in tests with the driver of production.
 *
 * One `POST /sql` is one round trip: `{ query, params }` for one statement, `{ queries: [...] }` for a batch,
 * which is one transaction. Values are sent in both directions in PostgreSQL's text format.
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

// The driver converts dates, arrays, objects and bytes to strings before it sends them. Any other type comes
// from another client, which this endpoint would not serve as Neon does.
const statementSchema = z.object({
  query: z.string(),
  params: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).default([]),
})
const bodySchema = z.union([z.object({ queries: z.array(statementSchema) }), statementSchema])

/** The statements of one HTTP request; a batch has several. */
export type RoundTrip = { connectionString: string; queries: Statement[] }

/** How the endpoint finds its databases, and callbacks. */
export type NeonEndpointOptions = {
  /** Chooses the pool for a connection string; `undefined`: the database does not exist. */
  poolFor: (connectionString: string) => Pool | undefined
  /** Called once a well-formed HTTP request, before it is executed. */
  onRoundTrip?: (roundTrip: RoundTrip) => void
  /** Called with the cause of every response 500, which the response itself conceals. */
  onFailure?: (error: unknown) => void
  /** The longest that the statements of one request may take. Default is 30000 (30 seconds). */
  deadlineMilliseconds?: number
}

/** Twice the longest timeout that the application can be configured with. */
const DEADLINE_MILLISECONDS = 30_000

/**
 * Refused, as Neon's proxy does not support it either. In the embedded database, `COPY … TO PROGRAM` blocks
 * the whole process for ever, and no deadline would end that.
 */
const COPY = /^copy\b/i

/** White space, a semicolon or a comment before a statement's first word. */
const SKIPPED = /^(?:[\s;]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)/

/** Skips them in a loop: a regular expression that repeats the alternatives could backtrack exponentially. */
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
 *   of a database error, or with a message alone if the request is malformed; 403 if the request may come
 *   from a web page; 500 if the database can't be reached.
 * @see https://github.com/neondatabase/serverless
 */
export function createNeonEndpoint(options: NeonEndpointOptions): Hono {
  const app = new Hono()
  app.use(refuseWebPages)
  app.post('/sql', async (c) => {
    const giveUp = abortWithClient(c)
    const connectionString = requireHeaders(c)
    const body = await parseBody(c)
    const isBatch = 'queries' in body
    const begin = isBatch ? beginStatement(c) : ''
    const pool = options.poolFor(connectionString)
    if (!pool) return c.json({ message: 'database does not exist', code: '3D000', severity: 'FATAL' }, 400)
    const queries = isBatch ? body.queries : [body]
    if (queries.some(({ query }) => isCopy(query))) throw badRequestError('COPY is not possible over HTTP')
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
    // No addresses, user names or stack traces in the response: the application logs the driver's errors, and
    // in production its log would never contain these.
    options.onFailure?.(error)
    return c.json({ message: 'could not reach the database' }, 500)
  })
  return app
}

/**
 * Listens on a loopback address. Any other is refused, because the port gives full access to the database.
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
  // Keeps the global `Request` and `Response`: in tests, the driver shares this process and needs the real
  // ones.
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  // Only the client closes idle connections. Node would close them after five seconds, possibly just when a
  // busy client sends its next request.
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

/** The errors of PostgreSQL and of Neon's proxy for the two. */
const TIMED_OUT = {
  message: 'canceling statement due to statement timeout',
  code: '57014',
  severity: 'ERROR',
}
const ABANDONED = { message: 'Query cancelled, connection was terminated', code: '08P01', severity: 'ERROR' }

const asError = ({ message, ...fields }: typeof TIMED_OUT) => Object.assign(new Error(message), fields)

/** A controller that aborts when the client disconnects: Neon cancels the statements of such a request. */
function abortWithClient(c: Context): AbortController {
  const controller = new AbortController()
  const { outgoing } = c.env as HttpBindings
  // Also emitted after a complete response, when nothing is left to abort.
  outgoing.once('close', () => controller.abort(asError(ABANDONED)))
  return controller
}

// Two attacks by a page in the developer's browser. DNS rebinding: the page's own name is made to resolve to
// 127.0.0.1, and the endpoint is same-origin for it; but the Host header still has the page's name.
// Cross-origin fetch: the browser sends it and only conceals the response, and a DELETE needs no response;
// but a browser sends Origin with every POST, and the driver, which runs on servers, never does.
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\]|db\.localtest\.me)(:\d{1,5})?$/i

const refuseWebPages: MiddlewareHandler = async function refuseWebPages(c, next) {
  if (!loopbackHost.test(c.req.header('host') ?? '') || c.req.header('origin') !== undefined) {
    throw new HTTPException(403, { message: 'only local servers may use this database' })
  }
  await next()
}

function badRequestError(message: string): HTTPException {
  return new HTTPException(400, { message })
}

function requireHeaders(c: Context): string {
  // Without these two headers, Neon's responses have other shapes. The driver always sends both, so this
  // endpoint supports no other shape.
  for (const name of ['Neon-Raw-Text-Output', 'Neon-Array-Mode']) {
    if (c.req.header(name) !== 'true') throw badRequestError(`the header ${name} must be true`)
  }
  const connectionString = c.req.header('Neon-Connection-String')
  if (!connectionString) throw badRequestError('the header Neon-Connection-String is missing')
  return connectionString
}

async function parseBody(c: Context): Promise<z.infer<typeof bodySchema>> {
  const json: unknown = await c.req.json().catch(() => {
    throw badRequestError('the body is not JSON')
  })
  const body = bodySchema.safeParse(json)
  if (!body.success)
    throw badRequestError('the body must be { query, params } or { queries: [{ query, params }] }')
  return body.data
}

function beginStatement(c: Context): string {
  const level = c.req.header('Neon-Batch-Isolation-Level')
  const sqlLevel = level === undefined ? undefined : isolationLevels.get(level)
  // Not a silent default: a weaker isolation level than requested would show only in a race.
  if (level !== undefined && !sqlLevel)
    throw badRequestError('the header Neon-Batch-Isolation-Level is unknown')
  const readOnly = flag(c, 'Neon-Batch-Read-Only') ? ' READ ONLY' : ''
  const deferrable = flag(c, 'Neon-Batch-Deferrable') ? ' DEFERRABLE' : ''
  return `BEGIN${sqlLevel ? ` ISOLATION LEVEL ${sqlLevel}` : ''}${readOnly}${deferrable}`
}

function flag(c: Context, name: string): boolean {
  const value = c.req.header(name) ?? 'false'
  if (value !== 'true' && value !== 'false') throw badRequestError(`the header ${name} must be true or false`)
  return value === 'true'
}
