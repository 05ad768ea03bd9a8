import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { ERRORS, type ErrorCode } from '../../../src/features.ts'
import { FAULTS, type FaultName } from '../../support/fault-names.ts'
import { authorization } from '../../support/requests-as.ts'
import type { createTestDatabase } from '../../support/test-app.ts'
import type { Flow, Prepared } from './flow.ts'
import { OUTSIDE, type Server } from './outside.ts'
import { BOOKKEEPING, readState, type State } from './state.ts'
import { createWorld, type World } from './world.ts'

type Database = Awaited<ReturnType<typeof createTestDatabase>>

/** A flow without a fault: what it asks of whom, and what is stored after each of these requests. */
export type Reference = {
  flow: Flow
  asked: Server[]
  states: State[]
  body: string
  /** The tables that the flow excuses from being compared, and that differed. */
  needed: Set<string>
}

/** A fault at the `at`th request that a flow sends elsewhere. */
type Case = { reference: Reference; fault: FaultName; at: number }

/** How long we wait for an answer that never comes. */
const DEADLINE_MILLISECONDS = 2000
const BUSY_MILLISECONDS = 4000
/** No answer is late on a busy machine. */
const PATIENT_MILLISECONDS = 15_000

export async function runReference(flow: Flow, database: Database): Promise<Reference> {
  const world = await createWorld(database, PATIENT_MILLISECONDS, flow.variables)
  const prepared = await flow.given(world)
  const states = [await readState(database)]
  const after = async () => void states.push(await readState(database))
  const { result: answer, asked } = await world.outside.during({ after }, () => ask(world, prepared))
  expect(answer.status, `the answer without a fault: ${answer.body}`).toBe(flow.status)
  expect(asked.length > 0, 'whether it asks another server').toBe(!flow.asksNobody)
  expectOneMoment(states)
  await expectDone(world, prepared, answer)
  return { flow, asked, states, body: shapeOf(answer.body), needed: new Set() }
}

/** All that a request changes, it changes at one of its round trips: a fault between two would leave half. */
function expectOneMoment(states: readonly State[]): void {
  const texts = states.map((state) => JSON.stringify({ ...state, [BOOKKEEPING]: [] }))
  const changing = texts.flatMap((text, at) => (at > 0 && text !== texts[at - 1] ? [at] : []))
  const what = `requests ${changing.join(' and ')} of ${texts.length - 1} each change rows: one statement has to`
  expect(changing.length, what).toBeLessThanOrEqual(1)
}

/**
 * Sends a flow's request with a fault, and again without one.
 *
 * @throws AssertionError that says what did not hold
 */
export async function runCase({ reference, fault, at }: Case, database: Database): Promise<void> {
  const { flow, asked, states } = reference
  const { request, answer: answers } = FAULTS[fault]
  const deadline = answers === 'silence' ? DEADLINE_MILLISECONDS : PATIENT_MILLISECONDS
  const world = await createWorld(database, deadline, flow.variables)
  const prepared = await flow.given(world)
  const late = crypto.randomUUID()
  world.app.log.length = 0
  const start = performance.now()
  const planned = { fault: { fault, at, late } }
  const { result: answer } = await world.outside.during(planned, () => ask(world, prepared))
  // A server that is silent is given up on; the rest of the time is for a busy machine.
  expect(performance.now() - start, 'the time to the answer').toBeLessThan(
    DEADLINE_MILLISECONDS + BUSY_MILLISECONDS,
  )
  expectNothingInternal(world, answer)
  const failure = OUTSIDE[asked[at - 1] as Server]
  if (answers === 'right' || failure === null) {
    await expectAsReference(reference, database, answer)
    return await expectDone(world, prepared, answer)
  }
  expectRefused(answer, failure)
  const isStored = request === 'done'
  expect(await readState(database), 'what is stored after the failure').toEqual(
    states[isStored ? at : at - 1],
  )
  world.wait(Number(answer.headers.get('Retry-After')))
  const isDone = isStored && isDeepStrictEqual(states[at], states.at(-1))
  // What is not done a second time can be asked for after any grace, and leaves even the times as they are.
  if (isDone && !flow.repeated?.adds && !flow.repeated?.changes) passGrace(world)
  const retry = await ask(world, prepared)
  const repeated = (isDone && flow.repeated) || {}
  const hint = 'If the status of the retry is right, say so in `repeated`'
  expect(retry.status, `${hint}: ${retry.body}`).toBe(repeated.status ?? flow.status)
  const changes = [...(repeated.changes ?? []), ...(isDone ? [] : (flow.postponed ?? []))]
  // An attempt that came to nothing was counted all the same.
  const again: Again = {
    adds: repeated.adds ?? {},
    changes: isStored || at > 1 ? [...changes, BOOKKEEPING] : changes,
  }
  expectSame(reference, await readState(database), again)
  if (request === 'late') await expectLate(reference, world, late)
  await expectDone(world, prepared, retry)
}

/** Longer than races of refreshing are forgiven, and shorter than a lost response is. */
function passGrace({ app: { clock } }: World): void {
  clock.now = new Date(clock.now.getTime() + 30_000)
}

type Answer = { status: number; body: string; headers: Headers }

export async function ask({ app }: World, { request: [path, init] }: Prepared): Promise<Answer> {
  const response = await app.request(path, init)
  return { status: response.status, body: await response.text(), headers: response.headers }
}

/** The flow's own postcondition, and that tokens of a response open what they say. */
async function expectDone(
  world: World,
  { holds }: Prepared,
  { status, body, headers }: Answer,
): Promise<void> {
  const isJson = headers.get('Content-Type')?.startsWith('application/json') && body !== ''
  const pair = isJson ? (JSON.parse(body) as Record<string, unknown>) : {}
  if (status < 300 && typeof pair['access_token'] === 'string') {
    const me = await world.app.request('/users/me', { headers: authorization(pair['access_token']) })
    expect(me.status, 'the tokens that were answered').toBe(200)
  }
  await holds?.()
}

/** ASVS 16.5.1: what failed, and with what, is not for clients; nor is anybody's data for the log. */
function expectNothingInternal({ app }: World, { body, status }: Answer): void {
  if (status >= 500) expect(body).not.toMatch(/canary|localhost|postgres|sql|ECONN|fetch|undici|\.ts/i)
  expect(body).not.toContain('canary-internal')
  expect(JSON.stringify([...app.log, ...app.requests])).not.toMatch(/canary|@example|eyJ|\$pbkdf2/)
  const failures = app.log.filter(({ event }) => event === 'request_failed')
  expect(failures, 'lines about the failure').toHaveLength(status >= 500 ? 1 : 0)
}

function expectRefused({ status, body, headers }: Answer, failure: ErrorCode): void {
  expect(headers.get('Content-Type'), body).toBe('application/problem+json')
  expect(headers.getSetCookie(), 'cookies of a failure').toEqual([])
  expect(JSON.parse(body)).toMatchObject({ code: failure, status: ERRORS[failure].status })
  expect(status).toBe(ERRORS[failure].status)
  expect(headers.get('Retry-After')).toMatch(/^[1-9]\d*$/)
}

async function expectAsReference({ flow, states, body }: Reference, database: Database, answer: Answer) {
  expect(answer.status, answer.body).toBe(flow.status)
  expect(shapeOf(answer.body)).toBe(body)
  expect(await readState(database)).toEqual(states.at(-1))
}

/** A request that arrives after its retry does nothing, or what one more repetition does. */
async function expectLate(reference: Reference, world: World, late: string): Promise<void> {
  const { flow, asked } = reference
  await world.outside.arrive(late)
  const { repeated: { adds = {}, changes = [] } = {}, postponed = [] } = flow
  const isOptional = asked.length > 1
  const again: Again = { adds, changes: [...changes, ...postponed, BOOKKEEPING], isOptional }
  expectSame(reference, await readState(world.database), again)
}

type Again = { adds: Partial<Record<keyof State, number>>; changes: (keyof State)[]; isOptional?: boolean }

/** Every row of the flow's end is there, and so many others. */
function expectSame(
  { states, needed }: Reference,
  found: State,
  { adds, changes, isOptional = false }: Again,
): void {
  const expected = states.at(-1) as State
  for (const [name, rows] of Object.entries(found)) {
    const table = name as keyof State
    const others = [...rows]
    const missing = expected[table].filter((row) => {
      const index = others.indexOf(row)
      if (index >= 0) others.splice(index, 1)
      return index < 0
    })
    if (changes.includes(table)) {
      if (missing.length + others.length > 0) needed.add(table)
      continue
    }
    expect(missing, `after the retry, rows of ${table} are missing`).toEqual([])
    const allowed = adds[table] ?? 0
    if (others.length === allowed || (isOptional && others.length === 0)) continue
    const what = `after the retry, ${table} has ${others.length} more rows, and \`repeated.adds\` says ${allowed}`
    throw new Error(`${what}: ${others.join()}`)
  }
}

/** An excuse that excuses nothing would hide the next fault. */
export function expectExcusesNeeded({ flow: { repeated, postponed = [] }, needed }: Reference): void {
  const excused = [...(repeated?.changes ?? []), ...postponed]
  expect(
    excused.filter((table) => !needed.has(table)),
    'tables that nothing happened to',
  ).toEqual([])
}

const RANDOM = [
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'a JWT'],
  [/"refresh_token":"[\w-]+"/g, 'a refresh token'],
  [/#token=[\w-]+/g, 'a token'],
  [/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, 'uuid'],
  [/"(id|user_id|actor_id)":\d+/g, 'an id'],
  [/"round_trip_milliseconds":[\d.]+/g, 'a time'],
] as const

/** A body without what differs from run to run. */
export function shapeOf(body: string): string {
  return RANDOM.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), body)
}
