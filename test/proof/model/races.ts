import fc from 'fast-check'
import type { postgresPool } from '../../../local/pools.ts'
import { type Choice, choices, resolve, type Weights } from './commands.ts'
import { canonical, linearize, type Ran } from './linearize.ts'
import { shorten } from './metadata.ts'
import { describeOperation, type Operation, type Response } from './operations.ts'
import { addressOf, count, howToRepeat, keepTokens, PASSWORDS, type Run, type Wallet } from './run.ts'
import type { AccessToken, State } from './state.ts'
import { stepsOf } from './steps.ts'
import type { World } from './world.ts'

/** What the clients compete for: their operations, whose they are, and what happens before. */
type Theme = {
  weights: Weights
  who: readonly number[]
  /** Of which session, if all mean the same: 0 is the one that was used last. */
  which?: number
  /** The rows that are always locked; otherwise any, or none. */
  gate?: Gate
  before: (number: number) => readonly Prepared[]
}

/** The rows that are locked while the clients begin, so that their statements wait, and then decide. */
const GATES = ['sessions', 'users', 'rate_limits', 'roles'] as const
type Gate = (typeof GATES)[number]

type Prepared = (wallet: Wallet) => Operation

const BOB = addressOf('bob')
const wrongGuess = () => ({ kind: 'sign_in', identifier: BOB, password: 'a wrong guess' }) as const
const bobSignsIn = () => ({ kind: 'sign_in', identifier: BOB, password: PASSWORDS[0] }) as const
const bobIsPromoted = () => ({ kind: 'operate', email: BOB, isAdmin: true }) as const

const bobRefreshes = ({ refresh }: Wallet) => ({ kind: 'refresh', token: refresh.at(-1) ?? NOTHING }) as const
const beyondGrace = () => ({ kind: 'tick', seconds: 130 }) as const
const NOTHING = { session: '', generation: 0, secret: '' }

export const THEMES = {
  'a session': {
    weights: { refresh: 10, sign_out: 3, end_session: 3, end_sessions: 4, change_password: 4 },
    who: [1],
    before: (number) => (number % 2 ? [bobSignsIn] : []),
  },
  // Replays and honest refreshes of one session: whoever gets its row first decides for the others.
  'tokens beyond grace': {
    weights: { refresh: 12, sign_out: 1, end_sessions: 1, list_sessions: 1 },
    who: [1],
    which: 0,
    gate: 'sessions',
    before: (number) => [bobRefreshes, beyondGrace, bobRefreshes, ...(number > 1 ? [beyondGrace] : [])],
  },
  'an account': {
    weights: {
      ...{ sign_in: 6, refresh: 3, change_password: 5, end_sessions: 3, change_user: 9, delete_user: 2 },
      ...{ delete_self: 2, end_user_sessions: 4, register: 2, change_profile: 2, list_sessions: 2, probe: 2 },
      purge: 1,
    },
    who: [1],
    before: (number) => (number % 2 ? [bobSignsIn] : []),
  },
  administrators: {
    weights: {
      set_roles: 6,
      change_user: 8,
      delete_user: 3,
      delete_self: 3,
      operate: 2,
      end_user_sessions: 2,
    },
    who: [0, 1],
    before: () => [bobIsPromoted],
  },
  // Merges into the same metadata: none may be lost, and none outlive what its writer may do.
  metadata: {
    weights: { change_profile: 12, change_user: 8, set_roles: 3, operate: 1, delete_user: 1, delete_self: 1 },
    who: [1, 1, 1, 0],
    gate: 'users',
    before: () => [bobIsPromoted],
  },
  names: {
    weights: { register: 8, change_profile: 5, delete_self: 1, delete_user: 2, sign_in: 2 },
    who: [1, 2],
    before: () => [],
  },
  attempts: {
    weights: { sign_in: 10, change_password: 2, delete_self: 1, change_user: 2 },
    who: [1],
    before: (number) => Array.from({ length: number % 5 }, () => wrongGuess),
  },
} satisfies Record<string, Theme>

type ThemeName = keyof typeof THEMES

export type Scenario = {
  theme: ThemeName
  number: number
  prefix: Choice[]
  clients: Choice[][]
  gate: Gate | null
  /** By how many milliseconds round trips are delayed, in turn. */
  delays: number[]
}

export const scenarios: fc.Arbitrary<Scenario> = fc
  .constantFrom(...(Object.keys(THEMES) as ThemeName[]))
  .chain((theme) => {
    const { weights, who, which, gate }: Theme = THEMES[theme]
    const focused = fc
      .tuple(choices(weights), fc.constantFrom(...who))
      .map(([choice, whose]) => ({ ...choice, who: whose, which: which ?? choice.which }))
    return fc.record({
      theme: fc.constant(theme),
      number: fc.nat(4),
      prefix: fc.array(choices({ refresh: 4, sign_in: 2, tick: 4 }), { maxLength: 3 }),
      clients: fc.array(fc.array(focused, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 4 }),
      gate: gate ? fc.constant(gate) : fc.option(fc.constantFrom(...GATES), { freq: 2 }),
      delays: fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }),
    })
  })

/** Rows stay locked until every client waits for one or has ended, but no longer than this. */
const GATE_MILLISECONDS = 40

type Ended = { client: string; operation: Operation; id: number; begin: number; end: number }
type Untranslated = Ended & { translate: () => Response }
type History = Ran<State, Response>[]

/** Clients at once over real PostgreSQL. */
export class Race {
  readonly world: World
  readonly run: Run
  readonly locker: ReturnType<typeof postgresPool>
  readonly ended: Untranslated[] = []

  constructor(world: World, run: Run, locker: ReturnType<typeof postgresPool>) {
    this.world = world
    this.run = run
    this.locker = locker
  }

  /** What one client did, one operation after the other. */
  async client(name: string, drawn: readonly Choice[]): Promise<void> {
    const wallet: Wallet = { access: [...this.run.wallet.access], refresh: [...this.run.wallet.refresh] }
    for (const choice of drawn) {
      const operation = resolve(choice, { state: this.run.state, wallet })
      if (!operation) continue
      keepKnown(wallet, await this.perform(name, operation))
    }
  }

  async perform(client: string, operation: Operation): Promise<Response> {
    this.run.operations++
    const id = this.run.operations
    const begin = performance.now()
    const translate = await this.world.send(operation, id)
    this.ended.push({ client, operation, id, begin, end: performance.now(), translate })
    return translate()
  }

  /** Begins all clients at once; half of the time in front of locked rows. */
  async race({ clients, gate, delays }: Scenario): Promise<void> {
    let trips = 0
    this.world.around = async (send) => {
      trips++
      await pause(delays[trips % delays.length] ?? 0)
      return await send()
    }
    const release = gate ? await this.lock(gate) : null
    let left = clients.length
    const running = clients.map(async (drawn, index) => {
      await this.client(`client ${index + 1}`, drawn)
      left--
    })
    if (release) {
      await this.waitUntil(async () => (await this.countWaiting()) >= left)
      await release()
    }
    await Promise.all(running)
    this.world.around = (send) => send()
  }

  async lock(table: Gate): Promise<() => Promise<void>> {
    const client = await this.locker.connect()
    await client.query('begin')
    await client.query(`select from lumascope.${table} for update`)
    return async () => {
      await client.query('commit')
      client.release()
    }
  }

  /** How many statements wait for a lock: of clients that need none of these rows, none does. */
  async countWaiting(): Promise<number> {
    const { rows } = await this.locker.query(
      "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    return Number(rows[0].count)
  }

  /** Not for ever: some clients do much before they need a locked row, which slows everybody's race. */
  async waitUntil(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + GATE_MILLISECONDS
    while (performance.now() < deadline && !(await isSo())) await pause(2)
  }

  /** Looks from outside when all have ended: these are operations, too, and no order may contradict them. */
  async probe(): Promise<void> {
    const responses = this.ended.map(({ translate }) => translate())
    for (const response of responses) keepKnown(this.run.wallet, response)
    const { access, refresh } = this.run.wallet
    await this.perform('afterwards', { kind: 'observe' })
    await this.read(access)
    for (const token of refresh.toReversed()) await this.perform('afterwards', { kind: 'refresh', token })
    await this.perform('afterwards', { kind: 'observe' })
  }

  /** At once, to save time. Nothing changes meanwhile, so the checker may take them one after the other. */
  async read(tokens: readonly AccessToken[]): Promise<void> {
    const first = this.ended.length
    await Promise.all(tokens.map((as) => this.perform('afterwards', { kind: 'probe', as })))
    const reads = this.ended.slice(first)
    const [begin, end] = [reads[0]?.begin ?? 0, reads.at(-1)?.end ?? 0]
    const share = (end - begin) / (2 * reads.length)
    for (const [index, read] of reads.entries()) {
      Object.assign(read, { begin: begin + 2 * index * share, end: begin + (2 * index + 1) * share })
    }
  }

  history(): History {
    return this.ended.map(({ client, operation, id, begin, end, translate }) => {
      const response = translate()
      count(this.run.tally, operation, response)
      const name = `${id}. ${describeOperation(operation)}`
      return { client, name, begin, end, response, steps: stepsOf(operation, id) }
    })
  }
}

const pause = (milliseconds: number) =>
  milliseconds > 0 ? new Promise<void>((resolve) => setTimeout(resolve, milliseconds)) : undefined

/** Not the tokens of somebody whose registration has no response yet: nobody could name them. */
function keepKnown(wallet: Wallet, response: Response): void {
  if (!canonical(response.body ?? null).includes('an unknown')) keepTokens(wallet, response)
}

/**
 * Without the seconds to wait: a refused statement reads them as they were when it began (`secondsToWait` in
 * src/sql/limits.ts).
 */
const show = ({ retryAfter: _, ...response }: Response) => canonical(response)

/** @throws Error with the history, if it has no order */
export function assertLinearizable(initial: State, history: History, before: readonly string[]): void {
  const verdict = linearize(initial, history, { show })
  if (verdict.isLinearizable) return
  throw new Error(shorten([...before, verdict.report, howToRepeat()].join('\n')))
}
