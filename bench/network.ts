import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createNeonEndpoint, serveNeonEndpoint } from '../local/neon-endpoint.ts'
import { postgresPool } from '../local/pools.ts'

/**
 * Simulates the network between an application and its database, in a process of its own: a Neon endpoint for
 * HTTP, and a proxy for PostgreSQL's own protocol. Both count round trips and statements, and delay every
 * message by half of the round trip.
 *
 * `node network.ts SERVER_PORT` prints its three ports as JSON, and ends when its input does.
 * @module
 */

export type Counts = { roundTrips: number; statements: number }
/** `control` reads the counts and sets the delay; `endpoint` speaks HTTP, `proxy` PostgreSQL's protocol. */
export type Ports = { control: number; endpoint: number; proxy: number }

const counts: Counts = { roundTrips: 0, statements: 0 }
let roundTripMilliseconds = 0
/** Timers count whole milliseconds: of 5 ms, the request is delayed by 2 and the response by 3. */
const delay = (way: 'request' | 'response') => {
  const half = roundTripMilliseconds / 2
  return sleep(way === 'request' ? Math.floor(half) : Math.ceil(half))
}

/**
 * Counts the server's messages: `C` (CommandComplete) ends a statement, `Z` (ReadyForQuery) a round trip.
 * BEGIN and COMMIT are round trips but no statements: Neon's HTTP needs neither.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function countMessages() {
  let rest: Buffer = Buffer.alloc(0)
  let isFirst = true
  return (whole: Buffer) => {
    // The answer to a request for TLS is a single letter without a length, before all other messages.
    const chunk = isFirst && whole.length === 1 ? Buffer.alloc(0) : whole
    isFirst = false
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let at = 0
    while (at + 5 <= bytes.length) {
      const next = at + 1 + bytes.readUInt32BE(at + 1)
      if (next > bytes.length) break
      const type = bytes.toString('latin1', at, at + 1)
      const isStatement =
        type === 'C' && !/^(BEGIN|COMMIT|ROLLBACK)/.test(bytes.toString('latin1', at + 5, next))
      if (isStatement) counts.statements++
      if (type === 'Z') counts.roundTrips++
      at = next
    }
    rest = bytes.subarray(at)
  }
}

/** Forwards chunks in their order, each after its delay. */
function forward(
  way: 'request' | 'response',
  { from, to, onChunk }: { from: Socket; to: Socket; onChunk?: (chunk: Buffer) => void },
): void {
  let last = Promise.resolve()
  from.on('data', (chunk: Buffer) => {
    onChunk?.(chunk)
    if (roundTripMilliseconds === 0) return void to.write(chunk)
    const due = delay(way)
    last = last.then(() => due).then(() => void to.write(chunk))
  })
  from.on('close', () => to.destroy())
  from.on('error', () => to.destroy())
}

async function startProxy(serverPort: number): Promise<number> {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', noDelay: true })
    forward('request', { from: client, to: upstream })
    forward('response', { from: upstream, to: client, onChunk: countMessages() })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return portOf(server)
}

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen')
  return address.port
}

async function startEndpoint(serverPort: number): Promise<number> {
  const pools = new Map<string, ReturnType<typeof postgresPool>>()
  const poolFor = (connectionString: string) => {
    const name = new URL(connectionString).pathname.slice(1)
    const url = `postgresql://postgres:postgres@127.0.0.1:${serverPort}/${name}`
    const pool = pools.get(name) ?? postgresPool(url, 20)
    pools.set(name, pool)
    return pool
  }
  const neon = createNeonEndpoint({
    poolFor,
    onRoundTrip: ({ queries }) => {
      counts.roundTrips++
      counts.statements += queries.length
    },
  })
  const delayed = new Hono().use(async (_c, next) => {
    if (roundTripMilliseconds > 0) await delay('request')
    await next()
    if (roundTripMilliseconds > 0) await delay('response')
  })
  return (await serveNeonEndpoint(delayed.route('/', neon), { port: 0 })).port
}

async function main(serverPort: number): Promise<void> {
  const control = new Hono()
    .get('/counts', (c) => {
      const now = { ...counts }
      Object.assign(counts, { roundTrips: 0, statements: 0 })
      return c.json(now)
    })
    .put('/round-trip/:milliseconds', (c) => {
      roundTripMilliseconds = Number(c.req.param('milliseconds'))
      return c.body(null, 204)
    })
  const server = serve({ fetch: control.fetch, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const ports: Ports = {
    control: portOf(server),
    endpoint: await startEndpoint(serverPort),
    proxy: await startProxy(serverPort),
  }
  process.stdout.write(`${JSON.stringify(ports)}\n`)
  process.stdin.resume()
  await once(process.stdin, 'end')
  process.exit(0)
}

if (import.meta.main) await main(Number(process.argv[2]))
