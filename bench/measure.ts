import { freePort } from '../test/support/process.ts'
import type { Candidate } from './candidates.ts'
import type { Bench } from './database.ts'
import { type HttpRequest, run, sendOnce } from './load.ts'
import { type Running, startServer } from './process.ts'
import { quantile, type Sample } from './report.ts'
import type { Loops, Operation } from './subjects.ts'

/** A candidate, and how many people its database has. */
export type Entry = { people: number; candidate: Candidate }

/** A candidate that runs and has its accounts and sessions. */
export type Ready = Candidate & { people: number; server: Running; loops: Loops }

export type Setting = {
  /** The sizes of the databases. They alternate within a round: a slow phase of the machine affects all. */
  people: readonly number[]
  concurrency: number
  roundTripMilliseconds: number
  operations: readonly Operation[]
}

export type Plan = {
  settings: readonly Setting[]
  rounds: number
  milliseconds: number
  onSample(sample: Sample): void
}

/** Starts a candidate and makes its accounts. The caller stops the server. */
export async function makeReady({ people, candidate }: Entry): Promise<Ready> {
  const server = await startServer(candidate.command(await freePort()))
  try {
    const send = (request: HttpRequest) => sendExpectingSuccess(server.port, request)
    const loops = await candidate.prepare(send, server.port)
    console.error(`${candidate.name}, ${people} people: ready`)
    return { ...candidate, people, server, loops }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function sendExpectingSuccess(port: number, request: HttpRequest) {
  const response = await sendOnce(port, request)
  if (response.status >= 300) throw new Error(`${response.status} for ${request.path}: ${response.body}`)
  return response
}

/** Measures setting by setting, in rounds of all operations. The members of a group follow each other. */
export async function measureAll(
  bench: Bench,
  groups: readonly (readonly Ready[])[],
  plan: Plan,
): Promise<void> {
  for (const setting of plan.settings) {
    await bench.setRoundTrip(setting.roundTripMilliseconds)
    for (let round = 0; round < plan.rounds; round++) {
      for (const operation of setting.operations) {
        const measurement = { ...setting, operation, milliseconds: plan.milliseconds }
        const able = groups.map((group) => group.filter((subject) => isMeasured(subject, measurement)))
        // Each round begins with another subject: one may slow down its successor.
        for (const subject of able.flatMap((group) => rotated(group, round)))
          plan.onSample({ ...(await measure(bench, subject, measurement)), round })
      }
    }
    console.error(`${setting.concurrency} at once, ${setting.roundTripMilliseconds} ms: done`)
  }
  await bench.setRoundTrip(0)
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const first = items.length > 0 ? by % items.length : 0
  return [...items.slice(first), ...items.slice(0, first)]
}

type Measurement = Setting & { operation: Operation; milliseconds: number }

function isMeasured(
  { people, loops, only, distance }: Ready,
  { operation, people: sizes, roundTripMilliseconds }: Measurement,
): boolean {
  const other = roundTripMilliseconds === 0 ? 'far' : 'near'
  return (
    sizes.includes(people) &&
    distance !== other &&
    loops[operation] !== undefined &&
    (only?.includes(operation) ?? operation !== 'by token alone')
  )
}

async function measure(
  bench: Bench,
  { name, people, server, loops, distance }: Ready,
  { operation, concurrency, roundTripMilliseconds, milliseconds }: Measurement,
): Promise<Omit<Sample, 'round'>> {
  const make = loops[operation]
  if (!make) throw new Error(`${name} does not ${operation}`)
  let cpu = 0
  const { requests, seconds, latencies } = await run(
    server.port,
    Array.from({ length: concurrency }, (_, lane) => make(lane, concurrency)),
    {
      milliseconds,
      async warm() {
        await bench.counts()
        cpu = server.cpuSeconds()
      },
    },
  )
  const cpuMilliseconds = ((server.cpuSeconds() - cpu) / requests) * 1000
  const { statements, roundTrips } = await bench.counts()
  const counted = (count: number) => (distance === 'near' ? null : count / requests)
  return {
    subject: name,
    operation,
    people,
    concurrency,
    roundTripMilliseconds,
    perSecond: requests / seconds,
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    cpuMilliseconds,
    statements: counted(statements),
    roundTrips: counted(roundTrips),
  }
}

/** Starts further processes of the subjects, in turns, and returns the milliseconds to their first answer. */
export async function measureStarts(
  subjects: readonly Ready[],
  rounds: number,
): Promise<Map<string, number[]>> {
  const starts = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const { name, command } of subjects) {
      const server = await startServer(command(await freePort()))
      starts.set(name, [...(starts.get(name) ?? []), server.coldStartMilliseconds])
      await server.stop()
    }
  }
  return starts
}
