import fc from 'fast-check'
import { describeOperation, type Kind, type Operation } from './operations.ts'
import { addressOf, PASSWORDS, type Run, type Wallet } from './run.ts'
import {
  ACCESS_SECONDS,
  type AccessToken,
  isLive,
  liveSessions,
  type RefreshToken,
  type State,
} from './state.ts'
import { MAX_KEYS, type World } from './world.ts'

/**
 * What was drawn for one command. The numbers choose among what is there when the command runs, the latest
 * first, so that a smaller number means a simpler case.
 */
export type Choice = {
  kind: Kind
  /** Whose. */
  who: number
  /** Which session, name or password. */
  which: number
  /** How old a token: 0 is the latest. */
  age: number
  /** 0: a thief's choice, any token ever issued, or one who lacks the permission. */
  luck: number
  seconds: number
}

const NAMES = ['ada', 'bob', 'cyd'] as const
const USERNAMES = ['ada', 'bob', 'cyd', 'dan'] as const

type Known = { state: State; wallet: Wallet }

/** The operation that a choice means now; `null` if it means none. */
export function resolve({ kind, ...choice }: Choice, known: Known): Operation | null {
  const name = at(NAMES, choice.who)
  switch (kind) {
    case 'register': {
      const [email, username] = [addressOf(name), at(USERNAMES, choice.which)]
      return { kind, email, username, password: at(PASSWORDS, choice.age) }
    }
    case 'sign_in':
      return { kind, ...chooseCredentials(choice, known) }
    case 'refresh':
    case 'sign_out':
      return chooseToken(kind, choice, known)
    case 'operate':
      return { kind, email: addressOf(name), isAdmin: choice.luck > 0 }
    case 'tick':
      return { kind, seconds: choice.seconds }
    case 'add_key':
    case 'add_secret': {
      const [newest = ''] = kind === 'add_key' ? known.state.keys : known.state.secrets
      return Number(newest.replace(/\D/g, '')) < MAX_KEYS - 1 ? { kind } : null
    }
    case 'drop_keys':
    case 'drop_secrets':
    case 'purge':
    case 'observe':
      return { kind }
    default:
      return chooseAct(kind, choice, known)
  }
}

type Drawn = Omit<Choice, 'kind'>

function at<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T
}

/** Mostly the password that is right now; people are found by either name, and some do not exist. */
function chooseCredentials({ who, which, age, luck }: Drawn, { state }: Known) {
  const name = at([...NAMES, 'nobody'], who)
  const person = Object.values(state.people).find(({ email }) => email === addressOf(name))
  const identifier = which % 3 === 2 ? (person?.username ?? name) : addressOf(name)
  const wrong = at(['a wrong guess', ...PASSWORDS], age)
  const password = luck < 3 ? wrong : (person?.password ?? PASSWORDS[0])
  return { identifier, password }
}

type Tokens = 'refresh' | 'sign_out'

function chooseToken(kind: Tokens, choice: Drawn, { state, wallet }: Known): Operation | null {
  const { which, age, luck } = choice
  if (kind === 'sign_out' && luck > 3) {
    const as = wallet.access.at(-1 - (age % Math.max(1, wallet.access.length)))
    return as ? { kind, token: as } : null
  }
  const tokens = wallet.refresh.toReversed()
  const live = tokens.filter(({ session }) => isLive(state, session))
  const from = luck === 0 || live.length === 0 ? tokens : live
  const sessions = [...new Set(from.map(({ session }) => session))]
  const ofOne = from.filter(({ session }) => session === at(sessions, which)).sort(byGeneration)
  const token = ofOne[Math.min(age, ofOne.length - 1)]
  if (!token) return null
  const isForged = luck === 7 && state.secrets[0] === token.secret
  return { kind, token: isForged ? { ...token, secret: 'forged' } : token }
}

const byGeneration = (a: RefreshToken, b: RefreshToken) => b.generation - a.generation

const isUsable = (state: State, { session, issuedAt, key }: AccessToken) =>
  isLive(state, session) && state.keys.includes(key) && state.now < issuedAt + ACCESS_SECONDS

type ActKind = Extract<Operation, { as: AccessToken }>['kind']

const BY_ADMINISTRATORS: readonly Kind[] = ['set_roles', 'set_status', 'delete_user', 'end_user_sessions']

function chooseAct(kind: ActKind, choice: Drawn, { state, wallet }: Known): Operation | null {
  const { who, which, age, luck } = choice
  const tokens = wallet.access.toReversed()
  const usable = tokens.filter((token) => isUsable(state, token))
  const suits = ({ user }: AccessToken) =>
    BY_ADMINISTRATORS.includes(kind)
      ? state.people[user]?.isAdmin === true
      : state.people[user]?.email === addressOf(at(NAMES, who))
  const [suited, any] = [usable.filter(suits), usable.length > 0 ? usable : tokens]
  const from = luck === 0 ? tokens : suited.length > 0 ? suited : any
  const as = from[Math.min(age, from.length - 1)]
  if (!as) return null
  if (BY_ADMINISTRATORS.includes(kind)) return chooseSubject(kind as never, { ...choice, as }, state)
  return chooseOwnAct(kind as never, { as, which, luck }, state)
}

type OnUser = Extract<Operation, { user: string }>['kind']

/** Somebody who is there, or was. */
function chooseSubject(
  kind: OnUser,
  { as, who, luck }: Drawn & { as: AccessToken },
  state: State,
): Operation {
  const people = Object.keys(state.people)
  const user = at([...people, as.user], who)
  if (kind === 'set_roles') return { kind, as, user, isAdmin: luck > 3 }
  if (kind === 'set_status') return { kind, as, user, isEnabled: luck > 3 }
  return { kind, as, user }
}

type Own = Exclude<ActKind, OnUser>

function chooseOwnAct(
  kind: Own,
  { as, which, luck }: Pick<Drawn, 'which' | 'luck'> & { as: AccessToken },
  state: State,
): Operation {
  const right = state.people[as.user]?.password ?? PASSWORDS[0]
  const given = luck < 2 ? at(PASSWORDS, which) : right
  switch (kind) {
    case 'end_session': {
      const others = liveSessions(state, as.user).filter((id) => id !== as.session)
      const all = Object.keys(state.sessions).filter(
        (id) => luck === 0 || state.sessions[id]?.owner === as.user,
      )
      return { kind, as, session: at(luck < 4 ? [...all, as.session] : [...others, as.session], which) }
    }
    case 'end_sessions':
      return { kind, as, keepsCurrent: luck > 2 }
    case 'change_password':
      return { kind, as, current: given, password: at(PASSWORDS, which + 1) }
    case 'change_profile':
      return luck > 4 ? { kind, as, fullName: `Name ${which}` } : { kind, as, username: at(USERNAMES, which) }
    case 'delete_self':
      return { kind, as, password: given }
    default:
      return { kind, as }
  }
}

const SHORT = [1, 4, 5, 9, 10, 11, 14, 15, 16, 60, 75, 119, 120, 121]
const MEDIUM = [300, 1799, 1800, 1801, 3600, 6 * 3600, 7.2 * 3600]
const DAY = 86_400
const LONG = [DAY, 3 * DAY, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 23 * DAY, 30 * DAY, 32 * DAY, 61 * DAY]

const seconds = fc.oneof(
  { arbitrary: fc.constantFrom(...SHORT), weight: 12 },
  { arbitrary: fc.constantFrom(...MEDIUM), weight: 3 },
  { arbitrary: fc.constantFrom(...LONG), weight: 1 },
)

/** How often each operation is drawn. */
export const WEIGHTS: Partial<Record<Kind, number>> = {
  register: 4,
  sign_in: 12,
  refresh: 20,
  sign_out: 2,
  probe: 4,
  list_sessions: 4,
  end_session: 4,
  end_sessions: 3,
  change_password: 5,
  change_profile: 4,
  delete_self: 1,
  set_roles: 7,
  set_status: 6,
  delete_user: 1,
  end_user_sessions: 2,
  operate: 1,
  add_key: 1,
  drop_keys: 1,
  add_secret: 1,
  drop_secrets: 1,
  tick: 14,
  purge: 2,
  observe: 2,
}

export const kinds = (weights: Partial<Record<Kind, number>>) =>
  fc.oneof(
    ...Object.entries(weights).map(([kind, weight]) => ({ arbitrary: fc.constant(kind as Kind), weight })),
  )

const age = fc.oneof(
  { arbitrary: fc.constant(0), weight: 5 },
  { arbitrary: fc.constant(1), weight: 3 },
  { arbitrary: fc.nat(6), weight: 2 },
)

export const choices = (weights: Partial<Record<Kind, number>>): fc.Arbitrary<Choice> =>
  fc.record({ kind: kinds(weights), who: fc.nat(3), which: fc.nat(5), age, luck: fc.nat(7), seconds })

/** One operation of a sequence, or several of one kind in a row. Where it means nothing, it is left out. */
class Act implements fc.AsyncCommand<Run, World> {
  readonly choices: readonly Choice[]
  #text: string

  constructor(choices: readonly Choice[]) {
    this.choices = choices
    this.#text = choices.map(({ kind }) => kind).join()
  }

  check(run: Readonly<Run>): boolean {
    return this.choices.some((choice) => resolve(choice, run) !== null)
  }

  async run(run: Run, world: World): Promise<void> {
    const done: string[] = []
    for (const choice of this.choices) {
      const operation = resolve(choice, run)
      if (!operation) continue
      done.push(describeOperation(operation))
      this.#text = done.join('; ')
      await run.perform(world, operation)
    }
  }

  toString(): string {
    return this.#text
  }
}

/**
 * Somebody guesses for hours: five wrong passwords, then as long as it takes to get five more. About a hundred
 * lock the account, until one is forgiven, in that very second.
 */
class Siege implements fc.AsyncCommand<Run, World> {
  readonly rounds: number

  constructor(rounds: number) {
    this.rounds = rounds
  }

  check({ state }: Readonly<Run>): boolean {
    return Object.values(state.people).some(({ email }) => email === addressOf('bob'))
  }

  async run(run: Run, world: World): Promise<void> {
    const identifier = addressOf('bob')
    const password = Object.values(run.state.people).find(({ email }) => email === identifier)?.password ?? ''
    for (let round = 0; round < this.rounds; round++) {
      for (let guess = 0; guess < 5; guess++) {
        await run.perform(world, { kind: 'sign_in', identifier, password: 'a wrong guess' })
      }
      await run.perform(world, { kind: 'tick', seconds: 300 })
    }
    for (const seconds of [0, 7.2 * 3600 - 301, 1]) {
      await run.perform(world, { kind: 'tick', seconds })
      await run.perform(world, { kind: 'sign_in', identifier, password })
    }
  }

  toString(): string {
    return `${this.rounds * 5} wrong guesses at bob in ${this.rounds * 5} minutes`
  }
}

const act = choices(WEIGHTS).map((choice) => new Act([choice]))

/** As many as empty a bucket: wrong and right ones. */
const burst = fc
  .tuple(
    choices({ sign_in: 4, change_password: 2, end_sessions: 1, change_profile: 1 }),
    fc.array(fc.constantFrom(0, 0, 0, 5), { minLength: 4, maxLength: 9 }),
  )
  .map(([choice, lucks]) => new Act(lucks.map((luck) => ({ ...choice, age: 0, luck }))))

const PLAIN = { who: 0, which: 0, age: 0, luck: 5, seconds: 0 }
const tick = (seconds: number) => ({ ...PLAIN, kind: 'tick', seconds }) as const

/**
 * What single operations drawn by chance hardly come to: the last second of each grace, a session kept until
 * its absolute end, and what is left of sessions, keys and secrets when everything is as it was before.
 */
const story = fc
  .record({
    theme: fc.constantFrom('replay', 'replay', 'month', 'return', 'rotation'),
    who: fc.nat(2),
    which: fc.nat(2),
    age: fc.integer({ min: 1, max: 2 }),
    first: fc.constantFrom(0, 0, 1),
    second: fc.constantFrom(14, 15, 16, 119, 120),
    times: fc.integer({ min: 2, max: 6 }),
  })
  .map(({ theme, who, which, age, first, second, times }) => {
    const drawn = { ...PLAIN, who, which }
    const refresh = { ...drawn, kind: 'refresh' } as const
    const stories: Record<typeof theme, Choice[]> = {
      replay: [refresh, tick(first), refresh, tick(second), { ...refresh, age }],
      month: [
        ...Array.from({ length: times }, () => [tick(6 * DAY), { ...refresh, which: 0 }]).flat(),
        { ...drawn, kind: 'purge' },
        { ...refresh, which: 0 },
        { ...drawn, kind: 'list_sessions' },
      ],
      return: [
        { ...drawn, kind: 'sign_in', luck: 0 },
        { ...drawn, kind: 'set_status', luck: 1 },
        { ...drawn, kind: 'set_status' },
        { ...drawn, kind: 'set_status' },
        { ...refresh, luck: 0 },
      ],
      rotation: [
        ...(['add_key', 'probe', 'drop_keys', 'probe', 'add_secret', 'refresh'] as const),
        ...(['drop_secrets', 'refresh'] as const),
      ].map((kind) => ({ ...drawn, kind })),
    }
    return new Act(stories[theme])
  })

const siege = fc.integer({ min: 19, max: 21 }).map((rounds) => new Siege(rounds))

export const sequences = ({ maxCommands, sieges }: { maxCommands: number; sieges: number }) =>
  fc.commands(
    [
      fc.oneof(
        { arbitrary: act, weight: 950 },
        { arbitrary: burst, weight: 60 },
        { arbitrary: story, weight: 90 },
        { arbitrary: siege, weight: sieges },
      ),
    ],
    { maxCommands, size: 'max' },
  )
