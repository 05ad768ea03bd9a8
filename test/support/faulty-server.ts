import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type DoneFault, FAULT_HEADERS, type FaultName, type LostFault } from './fault-names.ts'

/** An answer of PostgreSQL to another statement, for each statement of a request. */
const otherAnswer = (body: string, fields: string[], row: unknown[]) => {
  const answer = {
    ...{ command: 'SELECT', rowCount: 1, rowAsArray: true, rows: [row] },
    fields: fields.map((name) => ({ name, dataTypeID: 25 })),
  }
  const { queries } = (body.startsWith('{') ? JSON.parse(body) : {}) as { queries?: unknown[] }
  return JSON.stringify(queries ? { results: queries.map(() => answer) } : answer)
}

const COLUMNS = Array.from({ length: 8 }, (_, index) => `c${index}`)

/** The faults without a server behind, each with its response. */
export const LOST_ANSWERS: Record<
  Exclude<LostFault, 'refuses' | 'redirects-307'>,
  (response: ServerResponse, body: string) => void
> = {
  hangs: () => {},
  stalls: (response) => response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"fields":['),
  resets: (response) => response.destroy(),
  'answers-500': (response) =>
    response.writeHead(500).end('password authentication failed for user "canary-internal"'),
  'answers-html': (response) => response.writeHead(200).end('<html>canary-internal</html>'),
  'answers-nothing': (response) => response.writeHead(200).end(),
  'answers-null': (response) => response.writeHead(200).end('null'),
  'answers-object': (response) => response.writeHead(200).end('{}'),
  'answers-odd-rows': (response) => response.writeHead(200).end('{"fields":[],"rows":"canary-internal"}'),
  'answers-an-empty-row': (response, body) => response.writeHead(200).end(otherAnswer(body, [], [])),
  'answers-null-columns': (response, body) =>
    response.writeHead(200).end(
      otherAnswer(
        body,
        COLUMNS,
        COLUMNS.map(() => null),
      ),
    ),
  'answers-short-rows': (response) =>
    response.writeHead(200).end('{"fields":[{"name":"a","dataTypeID":25}],"rows":[[]]}'),
  'is-read-only': (response) =>
    response.writeHead(400).end('{"message":"canary-internal","code":"25006","severity":"ERROR"}'),
  'shuts-down': (response) =>
    response
      .writeHead(400)
      .end('{"message":"terminating connection canary-internal","code":"57P01","severity":"FATAL"}'),
  'lacks-compute': (response) =>
    response
      .writeHead(400)
      .end('{"message":"couldn\'t connect to compute node canary-internal","code":null}'),
}

type Answer = { status: number; body: Buffer }

/** What becomes of the answer of the server behind. */
const DONE_ANSWERS: Record<DoneFault, (response: ServerResponse, answer: Answer) => void> = {
  'drops-the-answer': (response) => response.destroy(),
  'breaks-off-the-answer': (response, { status, body }) => {
    response.writeHead(status, { 'Content-Length': body.length })
    response.write(body.subarray(0, body.length / 2), () => response.destroy())
  },
  'garbles-the-answer': (response) => response.writeHead(200).end('<html>canary-internal</html>'),
  'fails-after-acting': (response) => response.writeHead(502).end('canary-internal'),
  'withholds-the-answer': () => {},
}

const SLOW_MILLISECONDS = 100

/** The headers that belong to the connection, or to this server. */
const OWN_HEADERS = new Set(['host', 'connection', 'content-length', ...Object.values(FAULT_HEADERS)])

/** Sends a request on to the server behind. */
async function forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
  const upstream = String(request.headers[FAULT_HEADERS.upstream])
  const headers = Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.has(name))
  const { method = 'GET' } = request
  const response = await fetch(upstream, {
    method,
    headers: headers as [string, string][],
    body: method === 'GET' ? null : new Uint8Array(body),
  })
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) }
}

/** The target of redirects. It answers like a database and counts its requests. */
async function startElsewhere() {
  let requests = 0
  const server = createServer((request, response) => {
    if (request.url === '/requests') return void response.end(String(requests))
    requests++
    request.resume()
    response.writeHead(200).end('{"fields":[],"rows":[],"rowCount":0,"results":[]}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as { port: number }).port }
}

/** Requests that wait for a test to say that they arrive now, by the name that it gave them. */
type Waiting = Map<string, () => Promise<unknown>>

async function act(fault: FaultName, request: IncomingMessage, response: ServerResponse, waiting: Waiting) {
  const body = await buffer(request)
  if (fault in DONE_ANSWERS) {
    const answer = await forward(request, body)
    DONE_ANSWERS[fault as DoneFault](response, answer)
  } else if (fault === 'is-slow') {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MILLISECONDS))
    const answer = await forward(request, body)
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(answer.body)
  } else if (fault === 'arrives-late') {
    waiting.set(String(request.headers[FAULT_HEADERS.late]), () => forward(request, body))
  } else if (fault in LOST_ANSWERS) {
    LOST_ANSWERS[fault as keyof typeof LOST_ANSWERS](response, body.toString())
  } else {
    response.writeHead(404).end(`There is no fault ${fault}`)
  }
}

/**
 * An HTTP server that fails as it is asked to: by a header, with the server behind in another; or, where
 * everything fails that a database is asked, by the database's name in Neon's connection string. `refuses`
 * has no server: its URL is a closed port. `/late/<name>` lets a request arrive that waited,
 * and answers whether there was one.
 */
export async function startFaultyServer() {
  const elsewhere = await startElsewhere()
  const elsewhereUrl = `http://localhost:${elsewhere.port}`
  const waiting: Waiting = new Map()
  const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
    const [, name = ''] = /^\/late\/([\w-]+)$/.exec(request.url ?? '') ?? []
    if (name) {
      await waiting.get(name)?.()
      return void response.end(String(waiting.delete(name)))
    }
    const fault = request.headers[FAULT_HEADERS.fault] ?? databaseOf(request)
    const [, status] = /^redirects-(\d+)$/.exec(String(fault)) ?? []
    // A client that goes away in the middle is no reason to stop the server.
    if (!status)
      return await act(fault as FaultName, request, response, waiting).catch(() => response.destroy())
    request.resume()
    response.writeHead(Number(status), { Location: `${elsewhereUrl}/sql` }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const close = async () => {
    for (const each of [server, elsewhere.server]) {
      each.close()
      each.closeAllConnections()
      await once(each, 'close')
    }
  }
  return { url: `postgresql://test:test@localhost:${port}`, elsewhereUrl, close }
}

const databaseOf = (request: IncomingMessage) =>
  new URL(String(request.headers['neon-connection-string'])).pathname.slice(1)
