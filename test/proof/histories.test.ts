import fc from 'fast-check'
import { afterAll, test } from 'vitest'
import { postgresPool } from '../../local/pools.ts'
import { resolve } from './model/commands.ts'
import { assertLinearizable, Race, type Scenario, scenarios, THEMES } from './model/races.ts'
import { beginSequence, LONG_MILLISECONDS, Run, summarize, type Tally } from './model/run.ts'
import { createWorld } from './model/world.ts'
import { IS_LONG, report, SEED } from './report.ts'

const world = await createWorld()
// One connection locks rows, the other one looks who waits for them.
const locker = postgresPool(serverUrl(), 2)
afterAll(() => locker.end())

const tally: Tally = new Map()
const total = { histories: 0, operations: 0, clients: 0, overlapping: 0 }

async function prove(scenario: Scenario): Promise<void> {
  const run = new Run(tally)
  await beginSequence(run, world)
  for (const prepared of THEMES[scenario.theme].before(scenario.number)) {
    await run.perform(world, prepared(run.wallet))
  }
  for (const choice of scenario.prefix) {
    const operation = resolve(choice, run)
    if (operation) await run.perform(world, operation)
  }
  const race = new Race(world, run, locker)
  await race.race(scenario)
  const atOnce = [...race.ended]
  await race.probe()
  assertLinearizable(run.state, race.history(), run.lines)
  total.histories++
  total.clients += scenario.clients.length
  total.operations += atOnce.length
  total.overlapping += atOnce.filter((one) => atOnce.some((other) => overlaps(one, other))).length
}

type Interval = { begin: number; end: number }
const overlaps = (one: Interval, other: Interval) =>
  one !== other && one.begin < other.end && other.begin < one.end

function serverUrl(): string {
  const { url, serverUrl: server } = world.database
  return Object.assign(new URL(server), { pathname: new URL(url).pathname }).href
}

test('what clients do at once has an order in which the model does the same', async () => {
  await fc.assert(fc.asyncProperty(scenarios, prove), {
    seed: SEED,
    numRuns: IS_LONG ? 5000 : 70,
    interruptAfterTimeLimit: LONG_MILLISECONDS,
    includeErrorInReport: true,
    // A race does not repeat itself: shrinking would look for another one.
    endOnFailure: true,
  })
  const { histories, operations, clients, overlapping } = total
  const line =
    `histories: ${histories} of ${(clients / histories).toFixed(1)} clients, ${operations} operations, ` +
    `${overlapping} overlapping, seed ${SEED}, violations 0`
  await report(summarize(line, tally))
}, 600_000)
