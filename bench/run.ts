import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort } from '../test/support/process.ts'
import {
  betterAuthOnNode,
  betterAuthOnWorkerd,
  type Candidate,
  fastApi,
  hasFastApi,
  migrateBetterAuth,
  migrateFastApi,
  oursByToken,
  oursOnNode,
  oursOnWorkerd,
} from './candidates.ts'
import { chartOf } from './chart.ts'
import { type Bench, fillBetterAuth, fillOurs, startDatabase } from './database.ts'
import { Connection, type HttpRequest, type Loop, run } from './load.ts'
import { type Running, startServer } from './process.ts'
import { machine, quantile, type Sample, spreadOf, tableOf } from './report.ts'
import { LANES, OPERATIONS, type Operation } from './subjects.ts'

// `npm run bench`: this product and what people would take instead, side by side on this machine, in rounds that
// interleave them. It prints a table and writes `results.json` and `chart.svg` into the folder of --out.

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    milliseconds: { type: 'string', default: '1500' },
    only: { type: 'string', default: '' },
    million: { type: 'boolean', default: true },
    out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
  },
  allowNegative: true,
})
const ROUNDS = Number(options.rounds)
const MILLISECONDS = Number(options.milliseconds)
const THOUSAND = 1000
const MILLION = 1_000_000
const FAR: readonly Operation[] = ['register', 'sign in', 'current user', 'refresh']

type Ready = Candidate & {
  people: number
  server: Running
  lanes: Partial<Record<Operation, (lane: number) => Loop>>
}

type Setting = {
  people: number
  concurrency: number
  roundTripMilliseconds: number
  operations: readonly Operation[]
}

const SETTINGS: readonly Setting[] = [
  { people: THOUSAND, concurrency: 1, roundTripMilliseconds: 0, operations: OPERATIONS },
  { people: THOUSAND, concurrency: LANES, roundTripMilliseconds: 0, operations: OPERATIONS },
  ...[5, 30].flatMap((roundTripMilliseconds) =>
    [1, LANES].map((concurrency) => ({
      people: THOUSAND,
      concurrency,
      roundTripMilliseconds,
      operations: FAR,
    })),
  ),
  { people: MILLION, concurrency: 1, roundTripMilliseconds: 0, operations: OPERATIONS },
]

async function main(): Promise<void> {
  const bench = await startDatabase()
  const ready: Ready[] = []
  try {
    for (const [people, candidate] of await candidates(bench)) {
      if (!candidate.name.includes(options.only)) continue
      const server = await startServer(candidate.command(bench, await freePort()))
      const send = (request: HttpRequest) => sendOnce(server.port, request)
      ready.push({ ...candidate, people, server, lanes: await candidate.prepare(send, bench, server.port) })
      console.error(`${candidate.name}, ${people} people: ready`)
    }
    const samples: Sample[] = []
    const starts = new Map<string, number[]>()
    try {
      await measureAll(bench, ready, samples)
      await measureStarts(bench, ready, starts)
    } finally {
      // What was measured by then is told, too, if something fails.
      report(samples, starts, ready)
    }
  } finally {
    for (const { server } of ready) await server.stop()
    await bench.stop()
  }
}

/** Everything that is measured, with its database made and filled. */
async function candidates(bench: Bench): Promise<[number, Candidate][]> {
  const sizes = options.million ? [THOUSAND, MILLION] : [THOUSAND]
  const all: [number, Candidate][] = []
  for (const people of sizes) {
    const [ours, theirs] = [`ours_${people}`, `better_auth_${people}`]
    await bench.create(ours, (pool) => fillOurs(pool, people))
    await bench.create(theirs, async (pool) => {
      migrateBetterAuth(bench.directUrl(theirs))
      await fillBetterAuth(pool, people)
    })
    all.push([people, oursOnNode(ours)], [people, betterAuthOnNode(theirs, 'off')])
    all.push([people, oursOnWorkerd(ours)], [people, betterAuthOnWorkerd(theirs)])
    if (people === MILLION) continue
    all.push([people, oursByToken(ours)], [people, betterAuthOnNode(theirs, 'on')])
  }
  if (hasFastApi()) {
    await bench.create('fast_api', () => Promise.resolve(migrateFastApi(bench.directUrl('fast_api'))))
    all.push([THOUSAND, fastApi('fast_api')])
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
    for (const operation of setting.operations) {
      const able = ready.filter(({ people, lanes }) => people === setting.people && lanes[operation])
      for (let round = 0; round < ROUNDS; round++) {
        // Another one begins each time, since what runs before leaves its traces.
        const order = able.map((_, index) => able[(index + round) % able.length] as Ready)
        for (const subject of order)
          samples.push({ ...(await measure(bench, subject, { ...setting, operation })), round })
      }
    }
    console.error(
      `${setting.people} people, ${setting.concurrency} at once, ${setting.roundTripMilliseconds} ms: done`,
    )
  }
  await bench.setRoundTrip(0)
}

type Measurement = Omit<Setting, 'operations'> & { operation: Operation }

async function measure(
  bench: Bench,
  { name, server, lanes }: Ready,
  { operation, people, concurrency, roundTripMilliseconds }: Measurement,
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
async function measureStarts(
  bench: Bench,
  ready: readonly Ready[],
  starts: Map<string, number[]>,
): Promise<void> {
  const subjects = ready.filter(({ people, operations }) => people === THOUSAND && !operations)
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, command } of subjects) {
      const server = await startServer(command(bench, await freePort()))
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
  const memory = Object.fromEntries(
    ready.map(({ name, people, server }) => [
      `${name}, ${people} people`,
      Math.round(server.peakMebibytes()),
    ]),
  )
  const coldStarts = Object.fromEntries([...starts].map(([name, times]) => [name, spreadOf(times)]))
  const results = {
    machine: machine(),
    rounds: ROUNDS,
    milliseconds: MILLISECONDS,
    memory,
    coldStarts,
    samples,
  }
  mkdirSync(options.out, { recursive: true })
  writeFileSync(join(options.out, 'results.json'), `${JSON.stringify(results)}\n`)
  writeFileSync(join(options.out, 'chart.svg'), chartOf(samples))
  console.log(`${machine()}; ${ROUNDS} rounds of ${MILLISECONDS} ms; medians (minimum-maximum)\n`)
  console.log(tableOf(samples))
  console.log(`\nFirst answer after the start of the process, ms: ${JSON.stringify(coldStarts)}`)
  console.log(`Peak memory, MiB: ${JSON.stringify(memory)}`)
}

await main()
