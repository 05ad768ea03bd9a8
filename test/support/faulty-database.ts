import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { ANSWERING_FAULTS, LIES } from './fault-names.ts'

/** The ways in which a database can fail, each with its response. */
const FAULTS: Record<(typeof ANSWERING_FAULTS | typeof LIES)[number], (response: ServerResponse) => void> = {
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
  'answers-an-empty-row': (response) => response.writeHead(200).end('{"fields":[],"rows":[[]]}'),
  'answers-null-columns': (response) => {
    const columns = Array.from({ length: 8 }, (_, index) => ({ name: `c${index}`, dataTypeID: 25 }))
    response.writeHead(200).end(JSON.stringify({ fields: columns, rows: [columns.map(() => null)] }))
  },
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

/**
 * An HTTP server that stands in for Neon's; the database name in the connection string selects how it fails.
 * `refuses` has no server: its URL is a closed port.
 */
export async function startFaultyDatabase() {
  const elsewhere = await startElsewhere()
  const elsewhereUrl = `http://localhost:${elsewhere.port}`
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    request.resume()
    const name = new URL(String(request.headers['neon-connection-string'])).pathname.slice(1)
    const [, status] = /^redirects-(\d+)$/.exec(name) ?? []
    if (status) return void response.writeHead(Number(status), { Location: `${elsewhereUrl}/sql` }).end()
    FAULTS[name as keyof typeof FAULTS]?.(response)
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
