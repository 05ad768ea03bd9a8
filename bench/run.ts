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
} from './candidates.ts'
import { chartOf } from './chart.ts'
import { removeWork } from './commands.ts'
import { type Bench, fillBetterAuth, fillOurs, startDatabase } from './database.ts'
import { figuresOf } from './figures.ts'
import { Connection, type HttpRequest, type Loop, run } from './load.ts'
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
const ROUNDS = Number(options.rounds)
const MILLISECONDS = Number(options.milliseconds)
const SELECTED = OPERATIONS.filter((operation) => options.operations.split(',').includes(operation))
const THOUSAND = 1000
const MILLION = 1_000_000
const FAR: readonly Operation[] = ['register', 'sign in', 'current user', 'refresh']

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
  ...[5, 30].flatMap((roundTripMilliseconds) =>
    [1, LANES].map((concurrency) => ({
      people: [THOUSAND],
      concurrency,
      roundTripMilliseconds,
      operations: FAR,
    })),
  ),
]

async function main(): Promise<void> {
  const bench = await startDatabase()
  const ready: Ready[] = []
  try {
    for (const [people, candidate] of await candidates(bench)) {
      const server = await startServer(candidate.command(await freePort()))
      const send = (request: HttpRequest) => sendOnce(server.port, request)
      ready.push({ ...candidate, people, server, lanes: await candidate.prepare(send, server.port) })
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
    for (const { server } of ready) await server.stop()
    await bench.stop()
    removeWork()
  }
}

/** Everything that is measured, with its database made and filled. */
async function candidates(bench: Bench): Promise<[people: number, Candidate][]> {
  const all: [number, Candidate][] = []
  for (const people of options.million ? [THOUSAND, MILLION] : [THOUSAND]) {
    const [mine, theirs] = [`ours_${people}`, `better_auth_${people}`]
    await bench.create(mine, (pool) => fillOurs(pool, people))
    await bench.create(theirs, async (pool) => {
      migrateBetterAuth(bench.directUrl(theirs))
      await fillBetterAuth(pool, people)
    })
    for (const runtime of ['Node', 'workerd'] as const) {
      all.push([people, ours({ bench, database: mine, runtime })])
      all.push([people, betterAuth({ bench, database: theirs, runtime }, 'off')])
      if (people === MILLION) continue
      all.push([people, oursInParts({ bench, database: mine, runtime })])
      all.push([people, betterAuth({ bench, database: theirs, runtime }, 'on')])
    }
  }
  if (hasFastApi()) {
    await bench.create('fast_api', () => Promise.resolve(migrateFastApi(bench.directUrl('fast_api'))))
    all.push([THOUSAND, fastApi({ bench, database: 'fast_api' })])
  } else console.error('The original’s design is left out: Debian’s packages of FastAPI are not there')
  return all
}

async function sendOnce(port: number, request: HttpRequest) {
  const connection = await Connection.open(port)
  const response = await connection.send(request)
  connection.close()
  if (response.status >= 300) throw new Error(`${response.status} for ${request.path}: ${response.body}`)
  return response
}

async function measureAll(bench: Bench, ready: readonly Ready[], samples: Sample[]): Promise<void> {
  for (const setting of SETTINGS) {
    await bench.setRoundTrip(setting.roundTripMilliseconds)
    for (let round = 0; round < ROUNDS; round++) {
      for (const operation of setting.operations.filter((name) => SELECTED.includes(name))) {
        const able = ready.filter(({ people, lanes }) => setting.people.includes(people) && lanes[operation])
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

async function measure(
  bench: Bench,
  { name, people, server, lanes }: Ready,
  { operation, concurrency, roundTripMilliseconds }: Setting & { operation: Operation },
): Promise<Omit<Sample, 'round'>> {
  const loops = Array.from({ length: concurrency }, (_, lane) => lanes[operation]?.(lane) as Loop)
  const counted = countingLoops(loops)
  await bench.counts()
  const cpu = server.cpuSeconds()
  const { requests, seconds, latencies } = await run(server.port, counted.loops, MILLISECONDS)
  const used = server.cpuSeconds() - cpu
  const { statements, roundTrips } = await bench.counts()
  // The warm-up's are counted with the others, by the database and by the processor.
  const all = counted.total()
  return {
    ...{ subject: name, operation, people, concurrency, roundTripMilliseconds },
    ...{ perSecond: requests / seconds, p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
    ...{ cpuMilliseconds: (used / all) * 1000, statements: statements / all, roundTrips: roundTrips / all },
  }
}

function countingLoops(loops: readonly Loop[]) {
  let total = 0
  const counting = loops.map((loop) => ({
    next: () => {
      total++
      return loop.next()
    },
    done: (response: Parameters<Loop['done']>[0]) => loop.done(response),
  }))
  return { loops: counting, total: () => total }
}

/** From the start of a process to its first answer, several times, in turns. */
async function measureStarts(ready: readonly Ready[], starts: Map<string, number[]>): Promise<void> {
  const subjects = ready.filter(({ people, isPart }) => people === THOUSAND && !isPart)
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, command } of subjects) {
      const server = await startServer(command(await freePort()))
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
      .filter(({ isPart }) => !isPart)
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
