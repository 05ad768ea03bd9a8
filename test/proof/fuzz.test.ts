import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createTestApp, DEFAULT_LIMITS } from '../support/test-app.ts'
import { createCheck } from './fuzz/check-response.ts'
import { nameOf, type OpenApi, operationsOf } from './fuzz/document.ts'
import { baseOf } from './fuzz/draft.ts'
import { type Case, createExchange } from './fuzz/exchange.ts'
import { mutations } from './fuzz/mutations.ts'
import { createWatchdog } from './fuzz/watchdog.ts'
import { createWorld } from './fuzz/world.ts'
import { IS_LONG, report, SEED } from './report.ts'

const REQUESTS = IS_LONG ? 40_000 : 1500

/** As many different violations are looked for before the test fails: each may hide others. */
const MOST_VIOLATIONS = 6

const generous = await createTestApp()
// From another address: its buckets must not refuse the people of the world.
const limited = await createTestApp({
  variables: DEFAULT_LIMITS,
  deps: { clientAddress: () => '203.0.113.8' },
})
const document = (await (await generous.request('/openapi.json')).json()) as OpenApi
const operations = operationsOf(document)
const watchdog = createWatchdog()
afterAll(() => void watchdog.stop())

const cases: fc.Arbitrary<Case> = fc.record({
  base: fc.oneof(...operations.map(baseOf)),
  changes: mutations,
  isLimited: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 9),
})

const counted = new Map<string, number>()
const count = (what: string) => void counted.set(what, (counted.get(what) ?? 0) + 1)
const counts = (names: Iterable<string>) =>
  [...names].map((name) => `${name} ${counted.get(name) ?? 0}`).join(', ')

function note({ base, changes }: Case, status: number): void {
  count('requests')
  count(`${Math.floor(status / 100)}xx`)
  for (const layer of new Set(changes.map((change) => change.layer))) count(layer)
  if (changes.length === 0) count('valid')
  if (status < 300) count(`done: ${nameOf(base.operation)}`)
}

test('no request that can be generated gets a 5xx, or an answer that the document does not describe', {
  timeout: IS_LONG ? 900_000 : 180_000,
}, async () => {
  const check = createCheck(document, operations)
  const send = createExchange({
    apps: { generous, limited },
    world: await createWorld(generous),
    check,
    watchdog,
  })
  const violations = new Map<string, string>()
  for (let round = 0; round < MOST_VIOLATIONS && violations.size === round; round++) {
    let last: [kind: string, text: string] | undefined
    const property = fc.asyncProperty(cases, async (one) => {
      const outcome = await send(one)
      if (!outcome) return count('unsendable')
      note(one, outcome.status)
      const kinds = outcome.problems.map((problem) => `${nameOf(one.base.operation)}: ${problem}`)
      const news = kinds.filter((kind) => !violations.has(kind))
      if (!news[0]) return
      const changed = one.changes.map(({ layer, name }) => `  changed ${layer}: ${name}`)
      if (process.env['FUZZ_DEV'])
        process.stdout.write(
          [news[0], String(performance.now() | 0), counted.get('requests')].join(' ') + '\n',
        )
      last = [news[0], [...news, outcome.shown, ...changed].join('\n')]
      throw new Error(news[0])
    })
    const { errorInstance } = await fc.check(property, { seed: SEED, numRuns: REQUESTS })
    // Of the fuzzer itself.
    if (errorInstance && !last) throw errorInstance
    if (last) violations.set(...last)
  }
  report(
    `fuzz: ${counts(['requests', 'valid', 'types', 'values', 'paths', 'headers', 'bytes'])}; ` +
      `${counts(['2xx', '3xx', '4xx', '5xx', 'unsendable'])}; seed ${SEED}`,
  )
  expect([...violations.values()].join('\n\n'), `npm run prove -- --seed ${SEED}`).toBe('')
  const undone = operations.map(nameOf).filter((name) => !counted.has(`done: ${name}`))
  expect(undone, 'operations that no request succeeded at').toEqual([])
})
