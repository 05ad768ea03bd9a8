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
import { migrate, root } from './checkouts.ts'
import { RUNTIMES, type Runtime } from './commands.ts'
import { type Comparison, MILLION, THOUSAND } from './comparison.ts'
import { type Bench, fillBetterAuth, fillFastApi, fillOurs } from './database.ts'
import { figuresOf } from './figures.ts'
import type { Entry } from './measure.ts'
import { tableOf } from './report.ts'
import { LANES, OPERATIONS, type Operation } from './subjects.ts'

const FAR: readonly Operation[] = ['register', 'sign in', 'current user', 'refresh']

/** This product and its alternatives. */
export function withPeers(isMillionIncluded: boolean): Comparison {
  const sizes = isMillionIncluded ? [THOUSAND, MILLION] : [THOUSAND]
  return {
    operations: OPERATIONS,
    defaultOperations: OPERATIONS,
    settings: [
      { people: sizes, concurrency: 1, roundTripMilliseconds: 0, operations: OPERATIONS },
      { people: sizes, concurrency: LANES, roundTripMilliseconds: 0, operations: OPERATIONS },
      // Here the statements of all subjects are counted.
      { people: [THOUSAND], concurrency: 1, roundTripMilliseconds: 5, operations: OPERATIONS },
      { people: [THOUSAND], concurrency: LANES, roundTripMilliseconds: 5, operations: FAR },
      { people: [THOUSAND], concurrency: 1, roundTripMilliseconds: 30, operations: FAR },
      { people: [THOUSAND], concurrency: LANES, roundTripMilliseconds: 30, operations: FAR },
    ],
    async makeGroups(bench) {
      const entries: Entry[] = []
      for (const people of sizes) entries.push(...(await entriesOf(bench, people)))
      if (hasFastApi()) entries.push(...(await originals(bench)))
      else console.error('The original is left out: Debian’s packages of FastAPI are not installed')
      return [entries]
    },
    report: (results) => ({
      table: tableOf(results.samples),
      files: {
        'results.json': `${JSON.stringify(results)}\n`,
        'chart.svg': chartOf(results.samples),
        'figures.md': figuresOf(results),
      },
    }),
  }
}

async function entriesOf(bench: Bench, people: number): Promise<Entry[]> {
  const [mine, theirs] = [`ours_${people}`, `better_auth_${people}`]
  await bench.create(mine, async (pool) => {
    migrate(root, bench.directUrl(mine))
    await fillOurs(pool, people)
  })
  await bench.create(theirs, async (pool) => {
    migrateBetterAuth(bench.directUrl(theirs))
    await fillBetterAuth(pool, people)
  })
  return RUNTIMES.flatMap((runtime) => {
    const our = { bench, database: mine, runtime }
    const their = { bench, database: theirs, runtime }
    const near = runtime === 'workerd' ? 'both' : 'near'
    const both = [ours(our), betterAuth(their, { setup: 'default', distance: near })]
    const more = people === THOUSAND ? variants(our, their) : []
    return [...both, ...more].map((candidate) => ({ people, candidate }))
  })
}

type Place = { bench: Bench; database: string; runtime: Runtime }

function variants(our: Place, their: Place): Candidate[] {
  const near = their.runtime === 'workerd' ? 'both' : 'near'
  const candidates = [
    oursInParts(our),
    betterAuth(their, { setup: 'cookie cache', distance: near }),
    betterAuth(their, { setup: 'joins', distance: near }),
  ]
  if (their.runtime === 'workerd') return candidates
  return [
    ...candidates,
    betterAuth(their, { setup: 'default', distance: 'far' }),
    betterAuth(their, { setup: 'joins', distance: 'far' }),
  ]
}

async function originals(bench: Bench): Promise<Entry[]> {
  const place = { bench, database: 'fast_api' }
  await bench.create(place.database, async (pool) => {
    migrateFastApi(bench.directUrl(place.database))
    await fillFastApi(pool, THOUSAND)
  })
  const near = { people: THOUSAND, candidate: fastApi(place, 'near') }
  return [near, { people: THOUSAND, candidate: fastApi(place, 'far') }]
}
