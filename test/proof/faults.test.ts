import { describe, expect, test } from 'vitest'
import { routes } from '../../src/app.ts'
import { DELAYS, FAULT_NAMES, LATE, LIES, LOST_ANSWERS } from '../support/fault-names.ts'
import { createTestDatabase } from '../support/test-app.ts'
import { FLOWS, nameOf } from './faults/flows.ts'
import { type Case, type Reference, runCase, runReference } from './faults/run-case.ts'
import { tableOf } from './faults/table.ts'
import { IS_LONG, report } from './report.ts'

/** All of them, or one for each thing that can happen: not sent, wrong, stored and lost, delayed. */
const FAULTS = IS_LONG
  ? [...FAULT_NAMES, ...LIES, ...LOST_ANSWERS, ...DELAYS, ...LATE]
  : ['refuses', 'answers-html', 'answers-null-columns', 'drops-the-answer', 'is-slow']

/** So many cases run at once, each in a database of its own: most of them wait. */
const LANES = IS_LONG ? 12 : 4

const routeNames = new Set(
  routes.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.*\})?/g, '{$1}')}`),
)

test('every route has a flow', () => {
  const tried = new Set<string>(FLOWS.map(({ route }) => route))
  const missing = [...routeNames].filter((route) => !tried.has(route))
  const advice = 'Routes without a flow. Add one to test/<slice>/flows.ts: docs/proof.md shows how.'
  expect(missing, advice).toEqual([])
  expect(
    [...tried].filter((route) => !routeNames.has(route)),
    'flows of routes that are gone',
  ).toEqual([])
  expect(new Set(FLOWS.map(nameOf)).size, 'flows have different names').toBe(FLOWS.length)
})

type Failure = { of: string; error: unknown }

/** Works through a list in several databases at once. */
async function inLanes<T>(
  work: readonly T[],
  databases: Awaited<ReturnType<typeof createTestDatabase>>[],
  one: (item: T, database: (typeof databases)[number]) => Promise<void>,
) {
  const queue = [...work]
  await Promise.all(
    databases.map(async (database) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await one(item, database)
    }),
  )
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

describe('with every fault at every request that it sends elsewhere', async () => {
  const databases = await Promise.all(Array.from({ length: LANES }, createTestDatabase))

  test(
    'every flow happens completely or not at all, says so, and can be retried (rows 32 to 36, 39)',
    async () => {
      const failures: Failure[] = []
      const references: Reference[] = []
      await inLanes(FLOWS, databases, async (flow, database) => {
        await runReference(flow, database).then(
          (reference) => references.push(reference),
          (error) => failures.push({ of: nameOf(flow), error }),
        )
      })
      expect(failures.map(({ of, error }) => `${of}: ${textOf(error)}`)).toEqual([])
      const cases: Case[] = references.flatMap((reference) =>
        reference.asked.flatMap((_, index) => FAULTS.map((fault) => ({ reference, fault, at: index + 1 }))),
      )
      const outcomes: { flow: string; fault: string; at: number; held: boolean }[] = []
      await inLanes(cases, databases, async (each, database) => {
        const { reference, fault, at } = each
        const flow = nameOf(reference.flow)
        const error = await runCase(each, database).then(
          () => null,
          (thrown: unknown) => thrown,
        )
        outcomes.push({ flow, fault, at, held: error === null })
        if (error) failures.push({ of: `${flow}, ${fault} at ${at}`, error })
      })
      const held = outcomes.filter((outcome) => outcome.held).length
      if (IS_LONG) report(`${tableOf(outcomes, FLOWS.map(nameOf), FAULTS)}\n`)
      report(`Faults: ${FLOWS.length} flows, ${FAULTS.length} faults, ${held} of ${cases.length} cases held`)
      expect(failures.map(({ of, error }) => `${of}: ${textOf(error)}`)).toEqual([])
      expect(cases.length).toBeGreaterThan(FLOWS.length * FAULTS.length)
    },
    IS_LONG ? 600_000 : 60_000,
  )
})
