import fc from 'fast-check'
import type { Json, JsonObject } from './metadata.ts'
import {
  describeOperation,
  isRotationKind,
  type Kind,
  OPERATIONS,
  type Operation,
  type OwnAct,
  type Rotation,
  type UserAct,
} from './operations.ts'
import { addressOf, PASSWORDS, type Run, type Wallet } from './run.ts'
import {
  ACCESS_SECONDS,
  type AccessToken,
  findPerson,
  isLive,
  type Link,
  liveSessions,
  nameOfLink,
  type Person,
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
  /** Which session, name or password, or what of an account. */
  which: number
  /** How old a token: 0 is the latest. */
  age: number
  /** Which way it goes, from 0 to 7: see `LUCK`. */
  luck: number
  seconds: number
  /** Of metadata. */
  patch: JsonObject
}

const NAMES = ['ada', 'bob', 'cyd'] as const
const USERNAMES = ['ada', 'bob', 'cyd', 'dan'] as const

type Known = { state: State; wallet: Wallet }

/**
 * What `luck`, one of eight numbers, decides. A thief and a forger are rare, and never the same; otherwise a
 * greater number is the more usual case.
 */
const LUCK = {
  /** Any token ever issued and anybody's session, or an administrator's act by whoever is there. */
  isThief: (luck: number) => luck === THIEF,
  isForger: (luck: number) => luck === 7,
  /** Whoever signs in knows the password. */
  knowsPassword: (luck: number) => luck > 2,
  /** Whoever is signed in knows it more often. */
  confirmsPassword: (luck: number) => luck > 1,
  /** Operators rather appoint administrators: the only one often cannot be dismissed. */
  isAppointed: (luck: number) => luck > 0,
  /** Promotes and enables; otherwise demotes and disables. */
  isFriendly: (luck: number) => luck > 3,
  /** Signs out with an access token; otherwise with a refresh token. */
  hasAccessToken: (luck: number) => luck > 3,
  /** Ends another live session; otherwise any of the own ones, ended ones too. */
  endsOther: (luck: number) => luck > 3,
  keepsCurrent: (luck: number) => luck > 2,
  /** Signs in while registering. */
  signsIn: (luck: number) => luck > 3,
  /** Changes the username, the metadata or the full name, or two of them. */
  changesUsername: (luck: number) => luck < 4,
  changesMetadata: (luck: number) => luck > 1 && luck < 7,
  changesFullName: (luck: number) => luck > 5,
}

/** Values of `luck` for cases that are written down: an owner who is hostile, a thief, and who is neither. */
const [THIEF, HOSTILE, USUAL] = [0, 1, 5] as const

/** The operation that a choice means now; `null` if it means none. */
export function resolve({ kind, ...choice }: Choice, known: Known): Operation | null {
  if (isRotationKind(kind)) return chooseRotation(kind, known)
  const name = at(NAMES, choice.who)
  switch (kind) {
    case 'register': {
      const [email, username] = [addressOf(name), at(USERNAMES, choice.which)]
      const signsIn = LUCK.signsIn(choice.luck)
      return { kind, email, username, password: at(PASSWORDS, choice.age), signsIn }
    }
    case 'sign_in':
      return { kind, ...chooseCredentials(choice, known) }
    case 'refresh':
    case 'sign_out':
      return chooseToken(kind, choice, known)
    case 'ask_reset':
      return chooseRequest(at([...NAMES, 'nobody'], choice.who), known)
    case 'reset':
    case 'verify':
    case 'reject':
      return chooseLink(kind, choice, known)
    case 'operate':
      return { kind, email: addressOf(name), isAdmin: LUCK.isAppointed(choice.luck) }
    case 'tick':
      return { kind, seconds: choice.seconds }
    case 'purge':
    case 'observe':
      return { kind }
    case 'set_roles':
    case 'change_user':
    case 'delete_user':
    case 'end_user_sessions':
      return chooseUserAct(kind, choice, known)
    default:
      return chooseOwnAct(kind, choice, known)
  }
}

type Drawn = Omit<Choice, 'kind'>

function at<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T
}

/** No more keys and secrets than `world.ts` has made. */
function chooseRotation(kind: Rotation['kind'], { state }: Known): Operation | null {
  if (kind === 'drop_keys' || kind === 'drop_secrets') return { kind }
  const [newest = ''] = kind === 'add_key' ? state.keys : state.secrets
  return Number(newest.replace(/\D/g, '')) < MAX_KEYS - 1 ? { kind } : null
}

/** Mostly the password that is right now; people are found by either name, and some do not exist. */
function chooseCredentials({ who, which, age, luck }: Drawn, { state }: Known) {
  const name = at([...NAMES, 'nobody'], who)
  const person = Object.values(state.people).find(({ email }) => email === addressOf(name))
  const identifier = which % 3 === 2 ? (person?.username ?? name) : addressOf(name)
  const right = person?.password ?? PASSWORDS[0]
  return { identifier, password: LUCK.knowsPassword(luck) ? right : at(['a wrong guess', ...PASSWORDS], age) }
}

/** Of two links of one second, nobody can say which is the newer one. */
const wasJustMailed = (state: State, purpose: Link['purpose'], user: string) =>
  nameOfLink({ purpose, user, at: state.now }) in state.links

function chooseRequest(name: string, { state }: Known): Operation | null {
  const email = addressOf(name)
  const user = findPerson(state, (person) => person.email === email)
  return user && wasJustMailed(state, 'password_reset', user) ? null : { kind: 'ask_reset', email }
}

/** Mostly the newest link that fits. */
function chooseLink(kind: 'reset' | 'verify' | 'reject', choice: Drawn, { state }: Known): Operation | null {
  const purpose = kind === 'reset' ? 'password_reset' : 'email_verification'
  const isWanted = (link: Link) => LUCK.isThief(choice.luck) || link.purpose === purpose
  const links = Object.values(state.links).filter(isWanted).reverse()
  const link = links[Math.min(choice.age, links.length - 1)]
  if (!link) return null
  const { user, at: time, username, purpose: own } = link
  const mailed = { purpose: own, user, at: time, username }
  return kind === 'reset'
    ? { kind, link: mailed, password: at(PASSWORDS, choice.which) }
    : { kind, link: mailed }
}

type Tokens = 'refresh' | 'sign_out'

function chooseToken(kind: Tokens, choice: Drawn, { state, wallet }: Known): Operation | null {
  const { which, age, luck } = choice
  if (kind === 'sign_out' && LUCK.hasAccessToken(luck)) {
    const as = wallet.access.at(-1 - (age % Math.max(1, wallet.access.length)))
    return as ? { kind, token: as } : null
  }
  const tokens = wallet.refresh.toReversed()
  const live = tokens.filter(({ session }) => isLive(state, session))
  const from = LUCK.isThief(luck) || live.length === 0 ? tokens : live
  const sessions = [...new Set(from.map(({ session }) => session))]
  const ofOne = from.filter(({ session }) => session === at(sessions, which)).sort(byGeneration)
  const token = ofOne[Math.min(age, ofOne.length - 1)]
  if (!token) return null
  const isForged = LUCK.isForger(luck) && state.secrets[0] === token.secret
  return { kind, token: isForged ? { ...token, secret: 'forged' } : token }
}

const byGeneration = (a: RefreshToken, b: RefreshToken) => b.generation - a.generation

const isUsable = (state: State, { session, issuedAt, key }: AccessToken) =>
  isLive(state, session) && state.keys.includes(key) && state.now < issuedAt + ACCESS_SECONDS

/** A usable token of somebody whom the act suits, if there is one; a thief's is any. */
function chooseActor(
  { age, luck }: Drawn,
  { state, wallet }: Known,
  suits: (person: Person) => boolean,
): AccessToken | undefined {
  const tokens = wallet.access.toReversed()
  const usable = tokens.filter((token) => isUsable(state, token))
  const suited = usable.filter(({ user }) => suits(state.people[user] as Person))
  const from = LUCK.isThief(luck) ? tokens : ([suited, usable].find(({ length }) => length > 0) ?? tokens)
  return from[Math.min(age, from.length - 1)]
}

/** An administrator's act on somebody who is there, or was. */
function chooseUserAct(kind: UserAct['kind'], choice: Drawn, known: Known): Operation | null {
  const as = chooseActor(choice, known, ({ isAdmin }) => isAdmin)
  if (!as) return null
  const user = at([...Object.keys(known.state.people), as.user], choice.who)
  const isFriendly = LUCK.isFriendly(choice.luck)
  if (kind === 'set_roles') return { kind, as, user, isAdmin: isFriendly }
  if (kind === 'change_user') {
    const status = choice.which < 4 && { isEnabled: isFriendly }
    return { kind, as, user, ...status, ...(choice.which > 2 && { appMetadata: choice.patch }) }
  }
  return { kind, as, user }
}

function chooseOwnAct(kind: OwnAct['kind'], choice: Drawn, known: Known): Operation | null {
  const { who, which, luck } = choice
  const as = chooseActor(choice, known, ({ email }) => email === addressOf(at(NAMES, who)))
  if (!as) return null
  const right = known.state.people[as.user]?.password ?? PASSWORDS[0]
  const given = LUCK.confirmsPassword(luck) ? right : at(PASSWORDS, which)
  switch (kind) {
    case 'ask_verification':
      return wasJustMailed(known.state, 'email_verification', as.user) ? null : { kind, as }
    case 'end_session':
      return { kind, as, session: chooseSession(as, choice, known) }
    case 'end_sessions':
      return { kind, as, keepsCurrent: LUCK.keepsCurrent(luck) }
    case 'change_password':
      return { kind, as, current: given, password: at(PASSWORDS, which + 1) }
    case 'change_profile':
      return {
        ...{ kind, as },
        ...(LUCK.changesUsername(luck) && { username: at(USERNAMES, which) }),
        ...(LUCK.changesFullName(luck) && { fullName: `Name ${which}` }),
        ...(LUCK.changesMetadata(luck) && { userMetadata: choice.patch }),
      }
    case 'delete_self':
      return { kind, as, password: given }
    default:
      return { kind, as }
  }
}

function chooseSession(as: AccessToken, { which, luck }: Drawn, { state }: Known): string {
  const isOwn = (id: string) => state.sessions[id]?.owner === as.user
  const all = Object.keys(state.sessions).filter((id) => LUCK.isThief(luck) || isOwn(id))
  const others = liveSessions(state, as.user).filter((id) => id !== as.session)
  return at([...(LUCK.endsOther(luck) ? others : all), as.session], which)
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

/** How often each kind is drawn, of those that are. */
export type Weights = Partial<Record<Kind, number>>

const kinds = (weights: Weights) =>
  fc.oneof(
    ...Object.entries(weights).map(([kind, weight]) => ({ arbitrary: fc.constant(kind as Kind), weight })),
  )

const age = fc.oneof(
  { arbitrary: fc.constant(0), weight: 5 },
  { arbitrary: fc.constant(1), weight: 3 },
  { arbitrary: fc.nat(6), weight: 2 },
)

/** Two of the first fit, the second fits exactly if it is all there is, and the third never. */
const LONG_TEXTS = ['x'.repeat(2000), 'ä'.repeat(2044), 'ä'.repeat(2045)]

const value = fc.oneof(
  { arbitrary: fc.constantFrom<Json>(null, null, 1, 2, 'x', [1, { b: null }]), weight: 3 },
  { arbitrary: fc.constantFrom<Json>(...LONG_TEXTS), weight: 1 },
)
/** Few names, so that patches meet each other; one of them could be an index of an array. */
const objectOf = (member: fc.Arbitrary<Json>, minKeys = 0): fc.Arbitrary<JsonObject> =>
  fc.dictionary(fc.constantFrom('a', 'b', '0'), member, { minKeys, maxKeys: 2, noNullPrototype: true })
const patch = objectOf(fc.oneof(value, objectOf(fc.oneof(value, objectOf(value)))), 1)

export const choices = (weights: Weights): fc.Arbitrary<Choice> =>
  fc.record({
    ...{ kind: kinds(weights), who: fc.nat(3), which: fc.nat(5), age, luck: fc.nat(7), seconds },
    patch,
  })

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
 * Somebody guesses for hours: five wrong passwords, then as long as it takes to get five more. About a
 * hundred lock the account, until one is forgiven, in that very second.
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

const WEIGHTS = Object.fromEntries(Object.entries(OPERATIONS).map(([kind, { weight }]) => [kind, weight]))
const act = choices(WEIGHTS).map((choice) => new Act([choice]))

/** As many as empty a bucket: wrong and right ones. */
const burst = fc
  .tuple(
    choices({ sign_in: 4, change_password: 2, end_sessions: 1, change_profile: 1 }),
    fc.array(fc.constantFrom(THIEF, THIEF, THIEF, USUAL), { minLength: 4, maxLength: 9 }),
  )
  .map(([choice, lucks]) => new Act(lucks.map((luck) => ({ ...choice, age: 0, luck }))))

const PLAIN = { who: 0, which: 0, age: 0, luck: USUAL, seconds: 0, patch: {} }
const tick = (seconds: number) => ({ ...PLAIN, kind: 'tick', seconds }) as const

/**
 * What single operations drawn by chance hardly come to: the last second of each grace, a session kept until
 * its absolute end, a limit that only refusals have used up, and what is left of sessions, keys and secrets
 * when everything is as it was before.
 */
const story = fc
  .record({
    theme: fc.constantFrom('replay', 'replay', 'month', 'return', 'rotation', 'asking'),
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
        { ...drawn, kind: 'sign_in', luck: THIEF },
        { ...drawn, kind: 'change_user', luck: HOSTILE },
        { ...drawn, kind: 'change_user' },
        { ...drawn, kind: 'change_user' },
        { ...refresh, luck: THIEF },
      ],
      // Of the names that are there, most are somebody else's.
      asking: Array.from({ length: 7 }, () => ({ ...drawn, kind: 'change_profile', luck: HOSTILE })),
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
