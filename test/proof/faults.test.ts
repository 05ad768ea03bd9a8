import { describe, expect, inject, test } from 'vitest'
import { runtime } from '#runtime'
import { createRoutes } from '../../src/app.ts'
import { mailboxRoutes } from '../../src/mail/routes.ts'
import { FAULT_NAMES, type FaultName } from '../support/fault-names.ts'
import { createTestDatabase, DEFAULT_VARIANT } from '../support/test-app.ts'
import { FLOWS, nameOf } from './faults/flows.ts'
import { expectExcusesNeeded, type Reference, runCase, runReference } from './faults/run-case.ts'
import { runMail, sendsMail } from './faults/run-mail.ts'
import { runSchedule } from './faults/run-schedule.ts'
import { tableOf } from './faults/table.ts'
import { IS_LONG, report } from './report.ts'

/** All of them, or one for each thing that can happen: lost, unreadable, another's, done and lost, delayed. */
const TRIED: readonly FaultName[] = IS_LONG
  ? FAULT_NAMES
  : ['refuses', 'answers-html', 'answers-null-columns', 'drops-the-answer', 'is-slow']

/** Of the mail provider: it is away, it refuses, it took the mail over and nobody heard of it. */
const MAIL_FAULTS: readonly FaultName[] = ['refuses', 'answers-500', 'drops-the-answer', 'is-slow']

/** So many cases run at once, each in a database of its own: most of them wait. */
const LANES = IS_LONG ? 12 : 4

/** `PROOF_FLOW='POST /users'` tries the flows of that name alone. */
const only = inject('proof').flow
const flows = only ? FLOWS.filter((flow) => nameOf(flow).startsWith(only)) : FLOWS

const routeNames = new Set(
  [...createRoutes(DEFAULT_VARIANT).routes, ...mailboxRoutes.routes].map(
    ({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.*\})?/g, '{$1}')}`,
  ),
)

test('every route has a flow', () => {
  const tried = new Set<string>(FLOWS.map(({ route }) => route))
  const missing = [...routeNames].filter((route) => !tried.has(route))
  const advice =
    'Routes without a flow. Add one to test/<slice>/flows.ts, and a new slice to test/proof/faults/flows.ts: ' +
    'docs/proof.md shows how.'
  expect(missing, advice).toEqual([])
  expect(
    [...tried].filter((route) => !routeNames.has(route)),
    'flows of routes that are gone',
  ).toEqual([])
  expect(new Set(FLOWS.map(nameOf)).size, 'flows have different names').toBe(FLOWS.length)
})

type Named = { flow: string; fault: FaultName | null; at: number }

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

describe('with every fault at every request that it sends elsewhere', async () => {
  const databases = await Promise.all(Array.from({ length: LANES }, createTestDatabase))

  /** The flows that send mails. */
  const mailing: Reference[] = []

  /** Runs all cases and says which did not hold. */
  async function runAll<T extends Named>(
    cases: readonly T[],
    run: (each: T, database: (typeof databases)[number]) => Promise<void>,
  ) {
    const outcomes: (Named & { error: unknown })[] = []
    await inLanes(cases, databases, async (each, database) => {
      const error = await run(each, database).then(
        () => null,
        (thrown: unknown) => thrown ?? new Error('nothing was thrown'),
      )
      outcomes.push({ flow: each.flow, fault: each.fault, at: each.at, error })
    })
    return outcomes
  }

  const failuresOf = (outcomes: Awaited<ReturnType<typeof runAll>>) =>
    outcomes.flatMap(({ flow, fault, at, error }) =>
      error
        ? [
            `${flow}, ${fault ? `${fault} at request ${at}` : 'without a fault'}: ${error instanceof Error ? error.message : error}`,
          ]
        : [],
    )
  const summary = (what: string, outcomes: Awaited<ReturnType<typeof runAll>>) =>
    `${what}, ${TRIED.length} faults: ${outcomes.filter(({ error }) => !error).length} of ${outcomes.length} cases held`

  test(
    'every flow happens completely or not at all, says so, and can be retried (rows 32, 33, 34, 35, 36, 39)',
    async () => {
      const references: Reference[] = []
      const healthy = flows.map((flow) => ({ flow: nameOf(flow), fault: null, at: 0, of: flow }))
      const first = await runAll(healthy, async ({ of }, database) => {
        references.push(await runReference(of, database))
      })
      mailing.push(...references.filter(sendsMail))
      expect(failuresOf(first)).toEqual([])
      const cases = references.flatMap((reference) =>
        reference.asked.flatMap((_, index) =>
          TRIED.map((fault) => ({ flow: nameOf(reference.flow), fault, at: index + 1, reference })),
        ),
      )
      const outcomes = await runAll(cases, runCase)
      if (IS_LONG) await report(`${tableOf(outcomes, flows.map(nameOf), TRIED)}\n`)
      await report(summary(`Faults under ${runtime}: ${flows.length} flows`, outcomes))
      expect(failuresOf(outcomes)).toEqual([])
      for (const reference of references) expectExcusesNeeded(reference)
      if (flows === FLOWS) expect(cases.length).toBeGreaterThan(FLOWS.length * TRIED.length)
    },
    IS_LONG ? 600_000 : 120_000,
  )

  test(
    'a mail provider that fails changes no answer: each mail waits, and is sent when it works again',
    async () => {
      const tried = IS_LONG ? FAULT_NAMES : MAIL_FAULTS
      const cases = mailing.flatMap((reference) =>
        tried.map((fault) => ({ flow: nameOf(reference.flow), fault, at: 1, reference })),
      )
      const outcomes = await runAll(cases, runMail)
      const held = outcomes.filter(({ error }) => !error).length
      await report(
        `Faults under ${runtime}: mail of ${mailing.length} flows, ${tried.length} faults: ${held} of ${outcomes.length} cases held`,
      )
      expect(failuresOf(outcomes)).toEqual([])
      if (flows === FLOWS) expect(mailing.length).toBeGreaterThan(8)
    },
    IS_LONG ? 600_000 : 120_000,
  )

  test(
    'the schedule goes on with the rest, says what failed, and does it next time',
    async () => {
      const [database] = databases as [(typeof databases)[number]]
      const reference = await runSchedule({ fault: null, at: 0 }, database)
      const cases = Array.from({ length: reference.asked }, (_, index) =>
        TRIED.map((fault) => ({ flow: 'the schedule', fault, at: index + 1 })),
      ).flat()
      const outcomes = await runAll(cases, async (each, its) => {
        const { state } = await runSchedule(each, its)
        expect(state).toEqual(reference.state)
      })
      await report(summary(`Faults under ${runtime}: the schedule`, outcomes))
      expect(failuresOf(outcomes)).toEqual([])
    },
    IS_LONG ? 300_000 : 60_000,
  )
})
