import fc from 'fast-check'
import { afterAll, expect, inject, test } from 'vitest'
import { freePort, start, untilHealthy } from '../support/process.ts'
import { createTestApp, DEFAULT_LIMITS, testDatabase } from '../support/test-app.ts'
import { createCheck } from './fuzz/check-response.ts'
import { nameOf, type OpenApi, operationsOf } from './fuzz/document.ts'
import { anyBase } from './fuzz/draft.ts'
import { type Case, createExchange } from './fuzz/exchange.ts'
import { LAYERS, mutations } from './fuzz/mutations.ts'
import { createRawExchange } from './fuzz/raw-exchange.ts'
import { type RawCase, rawCases } from './fuzz/raw-requests.ts'
import { findViolations } from './fuzz/violations.ts'
import { createWatchdog } from './fuzz/watchdog.ts'
import { createWorld } from './fuzz/world.ts'
import { IS_LONG, report, SEED } from './report.ts'

const REQUESTS = IS_LONG ? 25_000 : 1500
const CONNECTIONS = IS_LONG ? 5000 : 300

/** For the shrinking of what fails. A run that finds nothing takes a part of it. */
const timeout = IS_LONG ? 900_000 : 180_000

const generous = await createTestApp()
// From another address: its buckets must not refuse the people of the world.
const limited = await createTestApp({
  variables: DEFAULT_LIMITS,
  deps: { clientAddress: () => '203.0.113.8' },
})
const document = (await (await generous.request('/openapi.json')).json()) as OpenApi
const operations = operationsOf(document)
const checks = createCheck(document, operations)

/** How often something was counted, as one line. */
function createCounter() {
  const counted = new Map<string, number>()
  return {
    count: (what: string) => void counted.set(what, (counted.get(what) ?? 0) + 1),
    has: (what: string) => counted.has(what),
    line: (...names: string[]) => names.map((name) => `${counted.get(name) ?? 0} ${name}`).join(', '),
  }
}

const CLASSES = ['2xx', '3xx', '4xx', '5xx']
const classOf = (status: number) => `${Math.floor(status / 100)}xx`

test('no generated request gets a 5xx, or an answer that the document does not describe', {
  timeout,
}, async () => {
  const watchdog = createWatchdog()
  const world = await createWorld(generous)
  const send = createExchange({ apps: { generous, limited }, world, check: checks.check, watchdog })
  const { count, has, line } = createCounter()
  const cases: fc.Arbitrary<Case> = fc.record({
    base: anyBase(operations),
    changes: mutations,
    isLimited: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 9),
  })
  const found = await findViolations(cases, { numRuns: REQUESTS }, async ({ base, changes, isLimited }) => {
    const outcome = await send({ base, changes, isLimited })
    if (!outcome) {
      count('that only a socket can send')
      return null
    }
    const { status, problems, shown } = outcome
    const layers = new Set(changes.map(({ layer }) => layer))
    for (const what of ['requests', classOf(status), ...layers]) count(what)
    if (layers.size === 0) count('unchanged')
    if (status < 300) count(`done: ${nameOf(base.operation)}`)
    const changed = changes.map(({ layer, name }) => `  changed ${layer}: ${name}`)
    return { about: nameOf(base.operation), problems, text: [shown, ...changed].join('\n') }
  })
  await watchdog.stop()
  await report(
    `fuzz, seed ${SEED}: ${line('requests', 'unchanged', ...LAYERS, ...CLASSES, 'that only a socket can send')}`,
  )
  expect(found).toEqual([])
  // A fuzzer that is refused everywhere proves nothing of what comes after the refusal.
  const undone = operations.map(nameOf).filter((name) => !has(`done: ${name}`))
  expect(undone, 'operations at which no request succeeded').toEqual([])
})

/** The Node entry as a process of its own, with limits that this one client doesn't reach. */
async function startServer() {
  const port = await freePort()
  const many = '10000/60'
  const limits = ['SIGN_IN_ADDRESS', 'REGISTER_ADDRESS', 'FLOOD_ADDRESS'].map((name) => `LIMIT_${name}`)
  const server = start('src/node.ts', {
    env: {
      DATABASE_URL: (await testDatabase()).url,
      PUBLIC_URL: `http://localhost:${port}`,
      JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
      AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
      PORT: String(port),
      ...Object.fromEntries(limits.map((name) => [name, many])),
    },
  })
  afterAll(async () => void (await server.interrupt()))
  await untilHealthy(`http://127.0.0.1:${port}`)
  return { port, server }
}

test('no bytes on a connection to Node get a 5xx or what is no HTTP, or keep others from being served', {
  timeout,
}, async () => {
  expect(inject('engine')).toBe('postgres')
  const { port, server } = await startServer()
  const send = createRawExchange(port, checks)
  const { count, line } = createCounter()
  const cases: fc.Arbitrary<RawCase> = rawCases(operations)
  const found = await findViolations(cases, { numRuns: CONNECTIONS }, async (one) => {
    const { statuses, problems } = await send(one)
    count('connections')
    if (statuses.length === 0) count('closed without an answer')
    for (const status of statuses) count(classOf(status))
    const bytes = `${one.bytes.length} bytes: ${JSON.stringify(one.bytes).slice(0, 1500)}`
    return {
      about: 'a connection',
      problems,
      text: [bytes, `  split at ${one.split}`, ...one.changes.map((name) => `  changed: ${name}`)].join('\n'),
    }
  })
  await report(
    `fuzz, seed ${SEED}, to Node: ${line('connections', ...CLASSES, '1xx', 'closed without an answer')}`,
  )
  expect(found).toEqual([])
  expect(server.output().match(/request_failed|internal_error/)?.[0]).toBeUndefined()
})
