import { once } from 'node:events'
import { createServer, connect as open, type Socket } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createNeonEndpoint, serveNeonEndpoint } from '../local/neon-endpoint.ts'
import { postgresPool } from '../local/pools.ts'

/**
 * What lies between an application and its database, as a process of its own: the Neon endpoint for those that speak
 * HTTP, and a proxy of PostgreSQL's own protocol for those that speak that. Both count what passes and hold it up for
 * as long as a network would: half of the round trip each way.
 *
 * `node network.ts SERVER_PORT` prints its three ports as JSON, and ends with its input.
 * @module
 */

export type Counts = { roundTrips: number; statements: number }

const counts: Counts = { roundTrips: 0, statements: 0 }
let roundTripMilliseconds = 0
/** Timers know whole milliseconds only, and what is left over of half a round trip goes back. */
const hold = (way: 'there' | 'back') => {
  const half = roundTripMilliseconds / 2
  return new Promise<void>((resolve) =>
    setTimeout(resolve, way === 'there' ? Math.floor(half) : Math.ceil(half)),
  )
}

/**
 * Counts what a server says: `C` ends a statement, `Z` a round trip. What begins and ends a transaction is a round trip
 * and no statement: Neon's HTTP does it by itself.
 */
function countMessages() {
  let rest: Buffer = Buffer.alloc(0)
  let isFirst = true
  return (whole: Buffer) => {
    // Asked for TLS, a server answers with one letter before it says anything else.
    const chunk = isFirst && whole.length === 1 ? Buffer.alloc(0) : whole
    isFirst = false
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let at = 0
    while (at + 5 <= bytes.length) {
      const next = at + 1 + bytes.readUInt32BE(at + 1)
      if (next > bytes.length) break
      const type = String.fromCharCode(bytes[at] as number)
      const isStatement =
        type === 'C' && !/^(BEGIN|COMMIT|ROLLBACK)/.test(bytes.toString('latin1', at + 5, next))
      if (isStatement) counts.statements++
      if (type === 'Z') counts.roundTrips++
      at = next
    }
    rest = bytes.subarray(at)
  }
}

/** Passes chunks on in their order, each after its delay. */
function pass(
  way: 'there' | 'back',
  { from, to, look }: { from: Socket; to: Socket; look?: (chunk: Buffer) => void },
): void {
  let last = Promise.resolve()
  from.on('data', (chunk: Buffer) => {
    look?.(chunk)
    if (roundTripMilliseconds === 0) return void to.write(chunk)
    const due = hold(way)
    last = last.then(() => due).then(() => void to.write(chunk))
  })
  from.on('close', () => to.destroy())
  from.on('error', () => to.destroy())
}

async function startProxy(serverPort: number): Promise<number> {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = open({ port: serverPort, host: '127.0.0.1', noDelay: true })
    pass('there', { from: client, to: upstream })
    pass('back', { from: upstream, to: client, look: countMessages() })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as { port: number }).port
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
  const held = new Hono().use(async (_c, next) => {
    if (roundTripMilliseconds > 0) await hold('there')
    await next()
    if (roundTripMilliseconds > 0) await hold('back')
  })
  return (await serveNeonEndpoint(held.route('/', neon), { port: 0 })).port
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
  const { port: controlPort } = server.address() as { port: number }
  const ports = {
    control: controlPort,
    endpoint: await startEndpoint(serverPort),
    proxy: await startProxy(serverPort),
  }
  process.stdout.write(`${JSON.stringify(ports)}\n`)
  process.stdin.resume()
  await once(process.stdin, 'end')
  process.exit(0)
}

if (import.meta.main) await main(Number(process.argv[2]))
