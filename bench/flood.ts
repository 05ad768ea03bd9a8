import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Checkout, migrate, openBoth, openCheckout, root } from './checkouts.ts'
import { RUNTIMES, type Runtime } from './commands.ts'
import { type Bench, startDatabase } from './database.ts'
import type { AttackJobs, Flood } from './flood/attack.ts'
import type { BystanderJobs } from './flood/bystanders.ts'
import type { Target } from './flood/client.ts'
import { type ClientProcess, startClient } from './flood/client-process.ts'
import { type Phase, type Subject, tableOf, verdictsOf } from './flood/report.ts'
import { startSubject } from './flood/servers.ts'
import type { Running } from './process.ts'
import { machine } from './report.ts'
import { itemsOf, wholeNumber } from './usage.ts'

// `npm run flood` measures how other people are served while one address, then ten, send floods of requests
// that cost a hash: in this checkout and in that of --before, on both runtimes. It prints tables, and writes
// every measurement to the file of --json.

const { values: options } = parseArgs({
  options: {
    before: { type: 'string' },
    json: { type: 'string' },
    runtimes: { type: 'string', default: 'Node,workerd' },
    /** For each address. */
    requests: { type: 'string', default: '1000' },
    'at-once': { type: 'string', default: '100' },
    'pace-milliseconds': { type: 'string', default: '1000' },
    'cap-seconds': { type: 'string', default: '30' },
    'quiet-seconds': { type: 'string', default: '8' },
  },
})
const SELECTED = itemsOf('runtimes', { text: options.runtimes, known: RUNTIMES })
const NUMBERS = {
  requests: wholeNumber('requests', options.requests),
  atOnce: wholeNumber('at-once', options['at-once']),
  paceMilliseconds: wholeNumber('pace-milliseconds', options['pace-milliseconds']),
  capMilliseconds: wholeNumber('cap-seconds', options['cap-seconds']) * 1000,
}
const QUIET_MILLISECONDS = wholeNumber('quiet-seconds', options['quiet-seconds']) * 1000
const [LOAD = 0] = loadavg()

async function main(): Promise<void> {
  const checkouts = options.before ? openBoth(options.before) : [openCheckout('now', root)]
  const bench = await startDatabase()
  const subjects: Subject[] = []
  try {
    for (const runtime of SELECTED)
      for (const checkout of checkouts) subjects.push(await measure(bench, checkout, runtime))
  } finally {
    report(checkouts, subjects)
    await bench.stop()
  }
}

type Clients = { attack: ClientProcess<AttackJobs>; bystanders: ClientProcess<BystanderJobs> }
type Scene = Clients & { server: Running; target: Target }

/** One server at a time, with its own database and clients: two would slow each other down. */
async function measure(bench: Bench, checkout: Checkout, runtime: Runtime): Promise<Subject> {
  const database = `flood_${checkout.name}_${runtime}`.toLowerCase()
  await bench.create(database, () => migrate(checkout.folder, bench.directUrl(database)))
  const { server, target } = await startSubject(checkout, { bench, database, runtime })
  const attack = startClient<AttackJobs>('attack.ts')
  const bystanders = startClient<BystanderJobs>('bystanders.ts')
  try {
    await bystanders.ask('prepare', target)
    console.error(`${checkout.name}, ${runtime}: ready`)
    const phases = await runPhases({ server, target, attack, bystanders })
    return {
      checkout: checkout.name,
      runtime,
      phases,
      ...(await bystanders.ask('countSignedOut', undefined)),
    }
  } finally {
    await server.stop()
    await Promise.all([attack.stop(), bystanders.stop()])
  }
}

/** Unused addresses of the range for benchmarks (RFC 2544). */
const addresses = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `198.18.${from + index}.1`)

async function runPhases(scene: Scene): Promise<Phase[]> {
  const quiet = await phase(scene, 'quiet', [])
  const one = await phase(scene, 'one address', addresses(1, 1))
  // The next phase must not begin with this one's queue.
  one.settledSeconds = await scene.bystanders.ask('settle', { capMilliseconds: 20_000 })
  const ten = await phase(scene, 'ten addresses', addresses(2, 10))
  ten.settledSeconds = await scene.bystanders.ask('settle', { capMilliseconds: 10_000 })
  return [quiet, one, ten]
}

async function phase(scene: Scene, name: string, from: readonly string[]): Promise<Phase> {
  const { server, target, attack, bystanders } = scene
  const [start, cpu] = [performance.now(), server.cpuSeconds()]
  await bystanders.ask('begin', undefined)
  const flood: Flood = { target, addresses: from, ...NUMBERS }
  const flooded = from.length > 0 ? await attack.ask('flood', flood) : null
  if (!flooded) await sleep(QUIET_MILLISECONDS)
  const [seconds, cpuSeconds] = [(performance.now() - start) / 1000, server.cpuSeconds() - cpu]
  const others = await bystanders.ask('end', undefined)
  return { name, flood: flooded, seconds, cpuSeconds, others, settledSeconds: null }
}

function report(checkouts: readonly Checkout[], subjects: readonly Subject[]): void {
  const commits = checkouts.map(({ name, commit }) => `${name}: ${commit}`).join('; ')
  const { requests, atOnce } = NUMBERS
  // Other work on the machine slows everything down.
  const load = `load ${LOAD.toFixed(1)} before`
  console.log(`${machine()}, ${load}; ${commits}; ${requests} requests an address, ${atOnce} at once\n`)
  console.log(`${tableOf(subjects)}\n\n${verdictsOf(subjects)}`)
  if (options.json)
    writeFileSync(options.json, `${JSON.stringify({ machine: machine(), checkouts, subjects })}\n`)
}

await main()
