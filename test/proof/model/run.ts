import { relative } from 'node:path'
import { expect } from 'vitest'
import { IS_LONG, SEED } from '../report.ts'
import { canonical } from './linearize.ts'
import { shorten } from './metadata.ts'
import { describeOperation, type Operation, type Response } from './operations.ts'
import { type AccessToken, emptyState, type RefreshToken, type State } from './state.ts'
import { stepsOf } from './steps.ts'
import type { World } from './world.ts'

/** Every token that anybody was given, in that order: its owner keeps it, and so does a thief. */
export type Wallet = { access: AccessToken[]; refresh: RefreshToken[] }

/** How often each operation answered what. */
export type Tally = Map<string, Map<string, number>>

export const PASSWORDS = ['the first good one', 'the second good one', 'the third good one'] as const
export const addressOf = (name: string) => `${name}@example.com`

/** The long run stops here by itself: a slow machine proves less, and fails nothing. */
export const LONG_MILLISECONDS = 200_000

/** How to see a failure again: by the long run, or by this file. Of a race that is likely, not certain. */
export function howToRepeat(): string {
  if (IS_LONG) return `To repeat: npm run prove -- --seed ${SEED}`
  const file = relative(process.cwd(), expect.getState().testPath ?? '')
  return `To repeat: PROOF_SEED=${SEED} npx vitest run --project node-postgres ${file}`
}

/** One sequence by one client: the model's state, the tokens, and what happened, for people. */
export class Run {
  state: State = emptyState()
  readonly wallet: Wallet = { access: [], refresh: [] }
  readonly lines: string[] = []
  readonly tally: Tally
  operations = 0

  constructor(tally: Tally) {
    this.tally = tally
  }

  /**
   * Performs an operation and compares the response with the model's.
   *
   * @throws Error with all that happened, if they differ
   */
  async perform(world: World, operation: Operation): Promise<Response> {
    this.operations++
    const id = this.operations
    const expected = runSteps(this.state, operation, id)
    const actual = await world.run(operation, id)
    this.lines.push(`${id}. ${describeOperation(operation)} → ${outcomeOf(actual)}`)
    if (canonical(expected) !== canonical(actual)) throw new Error(this.#describe(expected, actual))
    count(this.tally, operation, actual)
    keepTokens(this.wallet, actual)
    return actual
  }

  #describe(expected: Response, actual: Response): string {
    const differing = [`the model:  ${canonical(expected)}`, `the answer: ${canonical(actual)}`]
    const all = ['The application and the model differ after:', ...this.lines, ...differing, howToRepeat()]
    return shorten(all.join('\n'))
  }
}

/** One client's steps happen back to back. */
function runSteps(state: State, operation: Operation, id: number): Response {
  const local = {}
  for (const step of stepsOf(operation, id)) {
    const response = step(state, local)
    if (response) return response
  }
  throw new Error(`${operation.kind} has no step that answers`)
}

export const outcomeOf = ({ status, code }: Response) => (code ? `${status} ${code}` : String(status))

export function count(tally: Tally, { kind }: Operation, response: Response): void {
  const outcomes = tally.get(kind) ?? new Map<string, number>()
  const outcome = outcomeOf(response)
  tally.set(kind, outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1))
}

/** One line; after the long run, beneath it, how often each operation answered what. */
export function summarize(line: string, tally: Tally): string {
  const show = ([kind, outcomes]: [string, Map<string, number>]) =>
    `  ${kind}: ${[...outcomes].map(([outcome, times]) => `${outcome} ×${times}`).join(', ')}`
  return [line, ...(IS_LONG ? [...tally].sort().map(show) : [])].join('\n')
}

export function keepTokens(wallet: Wallet, { body }: Response): void {
  const { access, refresh } = (body ?? {}) as { access?: AccessToken; refresh?: RefreshToken }
  if (access) addNew(wallet.access, access)
  if (refresh) addNew(wallet.refresh, refresh)
}

function addNew<T>(tokens: T[], token: T): void {
  if (!tokens.some((known) => canonical(known) === canonical(token))) tokens.push(token)
}

/** Two people are there, the first an administrator, both signed in. */
export async function beginSequence(run: Run, world: World): Promise<void> {
  await world.reset()
  const [password] = PASSWORDS
  for (const username of ['ada', 'bob']) {
    await run.perform(world, {
      kind: 'register',
      email: addressOf(username),
      username,
      password,
      signsIn: false,
    })
  }
  await run.perform(world, { kind: 'operate', email: addressOf('ada'), isAdmin: true })
  for (const name of ['ada', 'bob']) {
    await run.perform(world, { kind: 'sign_in', identifier: addressOf(name), password })
  }
}

/** Looks at everything from outside: what the database contains, and what every token ever issued opens. */
export async function endSequence(run: Run, world: World): Promise<void> {
  await run.perform(world, { kind: 'observe' })
  for (const as of run.wallet.access) await run.perform(world, { kind: 'probe', as })
  // The latest first: a replay would end the session before they were presented.
  for (const token of run.wallet.refresh.toReversed()) await run.perform(world, { kind: 'refresh', token })
  await run.perform(world, { kind: 'observe' })
}
