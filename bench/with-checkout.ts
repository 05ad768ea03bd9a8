import { ours } from './candidates.ts'
import { type Checkout, migrate, openBoth } from './checkouts.ts'
import { RUNTIMES, type Runtime } from './commands.ts'
import { type Comparison, THOUSAND } from './comparison.ts'
import { type Bench, fillOurs } from './database.ts'
import {
  type Cell,
  cellsOf,
  head,
  type Results,
  ratioOf,
  row,
  type Sample,
  show,
  spreadOf,
} from './report.ts'
import { LANES, OPERATIONS, PARTS } from './subjects.ts'

const CONCURRENCIES = [1, LANES]
const MEASURABLE = OPERATIONS.filter((name) => !PARTS.some((part) => part === name))

/**
 * This checkout and another one, with the same variables and secrets.
 *
 * @param before the folder of the other checkout
 */
export function withCheckout(before: string): Comparison {
  const checkouts = openBoth(before)
  return {
    operations: MEASURABLE,
    defaultOperations: ['current user', 'refresh', 'sign in'],
    settings: CONCURRENCIES.map((concurrency) => ({
      people: [THOUSAND],
      concurrency,
      roundTripMilliseconds: 0,
      operations: MEASURABLE,
    })),
    async makeGroups(bench) {
      for (const checkout of checkouts) await createDatabase(bench, checkout)
      return RUNTIMES.map((runtime) =>
        checkouts.map((checkout) => {
          const place = { bench, database: checkout.name, runtime }
          return { people: THOUSAND, candidate: ours(place, checkout) }
        }),
      )
    },
    report(results) {
      const commits = checkouts.map(({ name, commit }) => `${name}: ${commit}`).join('; ')
      const table = `${commits}\n\n${checkoutTableOf(results)}`
      return { table, files: { 'before.json': `${JSON.stringify(results)}\n`, 'before.md': `${table}\n` } }
    },
  }
}

async function createDatabase(bench: Bench, { name, folder }: Checkout): Promise<void> {
  await bench.create(name, async (pool) => {
    migrate(folder, bench.directUrl(name))
    await fillOurs(pool, THOUSAND)
  })
}

/** Both checkouts beside each other, and the ratio of their throughput. */
export function checkoutTableOf({ samples }: Pick<Results, 'samples'>): string {
  const cells = cellsOf(samples)
  const rows = MEASURABLE.flatMap((operation) =>
    RUNTIMES.flatMap((runtime) =>
      CONCURRENCIES.flatMap((concurrency) => {
        const find = (checkout: Checkout['name']) =>
          cells.find(
            (cell) =>
              cell.subject === `${checkout}, ${runtime}` &&
              cell.operation === operation &&
              cell.concurrency === concurrency,
          )
        const [before, now] = [find('before'), find('now')]
        return before && now ? [row(fieldsOf({ runtime, before, now }))] : []
      }),
    ),
  )
  const units = ['a second', 'p50, ms', 'CPU, ms'].flatMap((unit) => [`before, ${unit}`, `now, ${unit}`])
  return [...head(['operation', 'runtime', 'at once', ...units, 'throughput, now/before']), ...rows].join(
    '\n',
  )
}

function fieldsOf({ runtime, before, now }: { runtime: Runtime; before: Cell; now: Cell }): string[] {
  const pair = (name: 'perSecond' | 'p50' | 'cpuMilliseconds') =>
    [before, now].map((cell) => show(spreadOf(cell.samples.map((sample: Sample) => sample[name]))))
  return [
    before.operation,
    runtime,
    String(before.concurrency),
    ...pair('perSecond'),
    ...pair('p50'),
    ...pair('cpuMilliseconds'),
    show(ratioOf(now, before)),
  ]
}
