import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { freePort } from '../test/support/process.ts'
import { migrate, root } from './checkouts.ts'
import { nodeCommand } from './commands.ts'
import { startDatabase } from './database.ts'
import { startServer } from './process.ts'
import { machine } from './report.ts'

// `npm run privacy` asks one server in turn about addresses that have an account and about some that have
// none, and compares how long the answers take: at POST /password-resets, and at POST /users while
// REGISTRATION_PRIVACY=strict. It prints medians, and how well an observer who sees one time of each can tell
// which is which: 50 % is guessing, and the standard error of 400 pairs is 2 %.

const PAIRS = 400
/** Thrown away: the first requests compile and connect. */
const WARM_UP = 40

const secret = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')

const provider = createServer((request: IncomingMessage, response: ServerResponse) => {
  request.resume().on('end', () => response.setHeader('Content-Type', 'application/json').end('{"id":"x"}'))
}).listen(0, '127.0.0.1')
await once(provider, 'listening')
const { port: providerPort } = provider.address() as { port: number }

const bench = await startDatabase()
await bench.create('privacy', async () => {})
migrate(root, bench.directUrl('privacy'))
const port = await freePort()
const server = await startServer(
  nodeCommand(`${root}/src/node.ts`, {
    port,
    probe: '/health',
    variables: {
      JWT_SECRET: secret(),
      AUTH_SECRETS: secret(),
      PORT: String(port),
      PUBLIC_URL: `http://localhost:${port}`,
      DATABASE_URL: bench.httpUrl('privacy'),
      ACCOUNT_FIELDS: 'none',
      REGISTRATION_PRIVACY: 'strict',
      MAIL_URL: `resend:key?endpoint=http://127.0.0.1:${providerPort}/emails`,
      MAIL_FROM: 'no-reply@example.com',
      LIMIT_MAIL_ACCOUNT: '1000/100',
      LIMIT_MAIL_ADDRESS: '10000/60',
      LIMIT_REGISTER_ADDRESS: '10000/60',
      LIMIT_FLOOD_ADDRESS: '10000/60',
    },
  }),
)

let addresses = 0
const newAddress = () => `person${addresses++}@example.com`

async function timeOf(path: string, body: object): Promise<number> {
  const start = performance.now()
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  await response.arrayBuffer()
  if (response.status !== 202) throw new Error(`${path} answered ${response.status}`)
  return performance.now() - start
}

type Times = { known: number[]; unknown: number[] }

/** The order within a pair changes with each. */
async function measure(path: string, bodyOf: (address: string) => object, known: string): Promise<Times> {
  const times: Times = { known: [], unknown: [] }
  for (let pair = -WARM_UP; pair < PAIRS; pair++) {
    const kinds = pair % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)
    for (const kind of kinds) {
      const time = await timeOf(path, bodyOf(kind === 'known' ? known : newAddress()))
      if (pair >= 0) times[kind].push(time)
    }
  }
  return times
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** How often a random time of a known address is longer than one of an unknown address. */
function separability({ known, unknown }: Times): number {
  const wins = known.flatMap((a) => unknown.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)))
  return wins.reduce((sum, win) => sum + win, 0) / wins.length
}

function report(name: string, times: Times): void {
  const [known, unknown] = [median(times.known), median(times.unknown)]
  const told = (separability(times) * 100).toFixed(1)
  console.log(
    `${name}: known ${known.toFixed(2)} ms, unknown ${unknown.toFixed(2)} ms, ` +
      `ratio ${(known / unknown).toFixed(3)}, told apart ${told} % of the time (guessing: 50 ± 2)`,
  )
}

try {
  console.log(`${machine()}; ${PAIRS} pairs each`)
  const known = newAddress()
  const password = 'correct horse battery'
  await timeOf('/users', { email: known, password })
  report('POST /password-resets', await measure('/password-resets', (email) => ({ email }), known))
  report('POST /users', await measure('/users', (email) => ({ email, password }), known))
} finally {
  await server.stop()
  await bench.stop()
  provider.close()
}
