import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort } from '../test/support/process.ts'
import {
  betterAuth,
  type Candidate,
  fastApi,
  hasFastApi,
  migrateBetterAuth,
  migrateFastApi,
  ours,
  oursInParts,
  type Setup,
} from './candidates.ts'
import { chartOf } from './chart.ts'
import { type Bench, fillBetterAuth, fillFastApi, fillOurs, startDatabase } from './database.ts'
import { figuresOf } from './figures.ts'
import { type HttpRequest, type Loop, run, sendOnce } from './load.ts'
import { type Running, startServer } from './process.ts'
import { machine, quantile, type Results, type Sample, spreadOf, tableOf } from './report.ts'
import { LANES, OPERATIONS, type Operation } from './subjects.ts'

// `npm run bench`: this product and what people would take instead, side by side on this machine, in rounds that
// interleave them. It prints a table and writes `results.json`, `figures.md` and `chart.svg` into the folder of --out.

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    milliseconds: { type: 'string', default: '1000' },
    operations: { type: 'string', default: OPERATIONS.join() },
    million: { type: 'boolean', default: true },
    out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
  },
  allowNegative: true,
})
const ROUNDS = positive('rounds', options.rounds)
const MILLISECONDS = positive('milliseconds', options.milliseconds)
const SELECTED = options.operations.split(',').map((text) => {
  const operation = OPERATIONS.find((name) => name === text.trim())
  return operation ?? misused(`--operations knows no "${text.trim()}", but ${OPERATIONS.join(', ')}`)
})
const THOUSAND = 1000
const MILLION = 1_000_000
const FAR: readonly Operation[] = ['register', 'sign in', 'current user', 'refresh']

function positive(name: string, text: string): number {
  return /^[1-9]\d{0,5}$/.test(text)
    ? Number(text)
    : misused(`--${name} takes a whole number from 1 up, not "${text}"`)
}

function misused(message: string): never {
  console.error(message)
  process.exit(2)
}

type Ready = Candidate & {
  people: number
  server: Running
  lanes: Partial<Record<Operation, (lane: number) => Loop>>
}

type Setting = {
  /** Databases of these sizes take turns: a machine that is slow for a while is so for both. */
  people: readonly number[]
  concurrency: number
  roundTripMilliseconds: number
  operations: readonly Operation[]
}

const SETTINGS: readonly Setting[] = [
  { people: [THOUSAND, MILLION], concurrency: 1, roundTripMilliseconds: 0, operations: OPERATIONS },
  { people: [THOUSAND, MILLION], concurrency: LANES, roundTripMilliseconds: 0, operations: OPERATIONS },
  // Where the statements of everybody are counted.
  { people: [THOUSAND], concurrency: 1, roundTripMilliseconds: 5, operations: OPERATIONS },
  { people: [THOUSAND], concurrency: LANES, roundTripMilliseconds: 5, operations: FAR },
  { people: [THOUSAND], concurrency: 1, roundTripMilliseconds: 30, operations: FAR },
  { people: [THOUSAND], concurrency: LANES, roundTripMilliseconds: 30, operations: FAR },
]

async function main(): Promise<void> {
  const bench = await startDatabase()
  const ready: Ready[] = []
  try {
    for (const [people, candidate] of await candidates(bench)) {
      const server = await startServer(candidate.command(await freePort()))
      const subject: Ready = { ...candidate, people, server, lanes: {} }
      ready.push(subject)
      const send = (request: HttpRequest) => sendAndWantSuccess(server.port, request)
      subject.lanes = await candidate.prepare(send, server.port)
      console.error(`${candidate.name}, ${people} people: ready`)
    }
    const samples: Sample[] = []
    const starts = new Map<string, number[]>()
    try {
      await measureAll(bench, ready, samples)
      await measureStarts(ready, starts)
    } finally {
      // What was measured by then is told, too, if something fails.
      report(samples, starts, ready)
    }
  } finally {
    await Promise.allSettled(ready.map(({ server }) => server.stop()))
    await bench.stop()
  }
}

/** Everything that is measured, with its database made and filled. */
async function candidates(bench: Bench): Promise<(readonly [people: number, Candidate])[]> {
  const all: (readonly [number, Candidate])[] = []
  for (const people of options.million ? [THOUSAND, MILLION] : [THOUSAND]) {
    const [mine, theirs] = [`ours_${people}`, `better_auth_${people}`]
    await bench.create(mine, (pool) => fillOurs(pool, people))
    await bench.create(theirs, async (pool) => {
      migrateBetterAuth(bench.directUrl(theirs))
      await fillBetterAuth(pool, people)
    })
    const add = (...more: Candidate[]) => all.push(...more.map((candidate) => [people, candidate] as const))
    for (const runtime of ['Node', 'workerd'] as const) {
      const [here, there] = [
        { bench, database: mine, runtime },
        { bench, database: theirs, runtime },
      ] as const
      const setup = (name: Setup, distance: Candidate['distance']) =>
        betterAuth(there, { setup: name, distance })
      const [near, ...further] = runtime === 'workerd' ? (['both'] as const) : (['near', 'far'] as const)
      add(ours(here), setup('default', near))
      if (people === MILLION) continue
      add(oursInParts(here), setup('cookie cache', near), setup('joins', near))
      for (const far of further) add(setup('default', far), setup('joins', far))
    }
  }
  if (hasFastApi()) {
    const place = { bench, database: 'fast_api' }
    await bench.create(place.database, async (pool) => {
      migrateFastApi(bench.directUrl(place.database))
      await fillFastApi(pool, THOUSAND)
    })
    for (const distance of ['near', 'far'] as const) all.push([THOUSAND, fastApi(place, distance)])
  } else console.error('The original’s design is left out: Debian’s packages of FastAPI are not there')
  return all
}

async function sendAndWantSuccess(port: number, request: HttpRequest) {
  const response = await sendOnce(port, request)
  if (response.status >= 300) throw new Error(`${response.status} for ${request.path}: ${response.body}`)
  return response
}

async function measureAll(bench: Bench, ready: readonly Ready[], samples: Sample[]): Promise<void> {
  for (const setting of SETTINGS) {
    await bench.setRoundTrip(setting.roundTripMilliseconds)
    for (let round = 0; round < ROUNDS; round++) {
      for (const operation of setting.operations.filter((name) => SELECTED.includes(name))) {
        const able = ready.filter((subject) => isMeasured(subject, { ...setting, operation }))
        // Another one begins each time, since what runs before leaves its traces.
        for (const index of able.keys()) {
          const subject = able[(index + round) % able.length] as Ready
          samples.push({ ...(await measure(bench, subject, { ...setting, operation })), round })
        }
      }
    }
    console.error(`${setting.concurrency} at once, ${setting.roundTripMilliseconds} ms: done`)
  }
  await bench.setRoundTrip(0)
}

type Measurement = Setting & { operation: Operation }

function isMeasured(
  { people, lanes, only, distance }: Ready,
  { operation, ...setting }: Measurement,
): boolean {
  const elsewhere = setting.roundTripMilliseconds === 0 ? 'far' : 'near'
  return (
    setting.people.includes(people) &&
    distance !== elsewhere &&
    lanes[operation] !== undefined &&
    (only?.includes(operation) ?? operation !== 'by token alone')
  )
}

async function measure(
  bench: Bench,
  { name, people, server, lanes, distance }: Ready,
  { operation, concurrency, roundTripMilliseconds }: Measurement,
): Promise<Omit<Sample, 'round'>> {
  const loops = Array.from({ length: concurrency }, (_, lane) => lanes[operation]?.(lane) as Loop)
  let cpu = 0
  const { requests, seconds, latencies } = await run(server.port, loops, {
    milliseconds: MILLISECONDS,
    async warm() {
      await bench.counts()
      cpu = server.cpuSeconds()
    },
  })
  const used = server.cpuSeconds() - cpu
  const { statements, roundTrips } = await bench.counts()
  const counted = (count: number) => (distance === 'near' ? null : count / requests)
  return {
    ...{ subject: name, operation, people, concurrency, roundTripMilliseconds },
    ...{ perSecond: requests / seconds, p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
    cpuMilliseconds: (used / requests) * 1000,
    ...{ statements: counted(statements), roundTrips: counted(roundTrips) },
  }
}

/** From the start of a process to its first answer, several times, in turns. */
async function measureStarts(ready: readonly Ready[], starts: Map<string, number[]>): Promise<void> {
  const subjects = ready.filter(
    ({ people, only, distance }) => people === THOUSAND && !only && distance !== 'far',
  )
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, command } of subjects) {
      const port = await freePort()
      const server = await startServer(command(port))
      starts.set(name, [...(starts.get(name) ?? []), server.coldStartMilliseconds])
      await server.stop()
    }
  }
}

function report(
  samples: readonly Sample[],
  starts: ReadonlyMap<string, number[]>,
  ready: readonly Ready[],
): void {
  const results: Results = {
    machine: machine(),
    rounds: ROUNDS,
    milliseconds: MILLISECONDS,
    memory: ready
      .filter(({ only, distance }) => !only && distance !== 'far')
      .map(({ name, people, server }) => ({ name, people, mebibytes: Math.round(server.peakMebibytes()) })),
    coldStarts: Object.fromEntries([...starts].map(([name, times]) => [name, spreadOf(times)])),
    samples,
  }
  mkdirSync(options.out, { recursive: true })
  const write = (name: string, text: string) => writeFileSync(join(options.out, name), text)
  write('results.json', `${JSON.stringify(results)}\n`)
  write('chart.svg', chartOf(samples))
  write('figures.md', figuresOf(results))
  console.log(`${results.machine}; ${ROUNDS} rounds of ${MILLISECONDS} ms; medians (minimum-maximum)\n`)
  console.log(tableOf(samples))
  console.log(`\nFirst answer after the start of the process, ms: ${JSON.stringify(results.coldStarts)}`)
  console.log(`Peak memory, MiB: ${JSON.stringify(results.memory)}`)
}

await main()
