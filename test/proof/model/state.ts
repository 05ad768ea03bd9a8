import type { JsonObject } from './metadata.ts'

/**
 * The reference model: all that the documentation promises about people, sessions and limits, as plain data.
 * Times are seconds since the sequence began. Ids are symbols: who registered as Ada in operation 1 is
 * `ada1`, and the session that operation 4 opened is `s4`. So they do not depend on the order of operations
 * that run at once.
 */
export type State = {
  now: number
  /** Names of signing keys: the first signs, all verify. */
  keys: string[]
  /** Names of `AUTH_SECRETS`: the first makes, all are accepted. */
  secrets: string[]
  people: Record<string, Person>
  sessions: Record<string, Session>
  /** When each bucket is full again, and when its last refusal was recorded. */
  buckets: Record<string, { fullAt: number; reportedAt: number | null }>
  /** The links of mails, by `nameOfLink`. */
  links: Record<string, StoredLink>
  /** How many events there are, by type, subject, actor and time. */
  events: Record<string, number>
}

export type Person = {
  email: string
  username: string
  fullName: string
  password: string
  userMetadata: JsonObject
  appMetadata: JsonObject
  /** Raised to end every session; a session with a lower one has ended. */
  version: number
  isEnabled: boolean
  isAdmin: boolean
  isVerified: boolean
  /** Raised by every new password. */
  passwordVersion: number
  lastLoginAt: number | null
  /** Wrong passwords in a row when the last one was counted. */
  failures: number
  lastFailedAt: number
}

export type Session = {
  owner: string
  version: number
  isRevoked: boolean
  generation: number
  /** When the tokens before the current one were replaced, the latest first. */
  replacedAt: number[]
  createdAt: number
  usedAt: number
  idleEnd: number
  end: number
}

/** A refresh token: the secret that it was made with is no longer accepted once that secret is dropped. */
export type RefreshToken = { session: string; generation: number; secret: string }
export type AccessToken = { session: string; user: string; issuedAt: number; key: string }

/** A link that was mailed to somebody, with the name that they had then. No two are of one second. */
export type Link = {
  purpose: 'password_reset' | 'email_verification'
  user: string
  at: number
  username: string
}
type StoredLink = Link & { passwordVersion: number; isUsed: boolean }

export type Rate = { count: number; seconds: number }

/** The limits that the model counts; `world.ts` configures them. Those by address are out of reach. */
export const SIGN_IN = { count: 5, seconds: 300 }
export const ACT = { count: 8, seconds: 40 }
/**
 * More than one account asks for in a race: whoever loses a name to the index is not counted, which no step
 * here says.
 */
export const PROFILE = { count: 6, seconds: 1200 }

export const ACCESS_SECONDS = 1800
const IDLE_SECONDS = 7 * 86_400
const SESSION_SECONDS = 30 * 86_400
/** Ten, and five more for clocks that differ. */
const GRACE_SECONDS = 15
const UNUSED_SECONDS = 120
const LINK_SECONDS = { password_reset: 3600, email_verification: 86_400 }
const EVENT_SECONDS = 365 * 86_400
const MAX_FAILURES = 100
const FORGIVEN_EVERY_SECONDS = (30 * 86_400) / MAX_FAILURES

export function emptyState(): State {
  const nothing = { people: {}, sessions: {}, buckets: {}, links: {}, events: {} }
  return { now: 0, keys: ['key0'], secrets: ['secret0'], ...nothing }
}

export function record(state: State, type: string, { user, actor }: { user?: string; actor?: string }): void {
  const event = eventName({ type, user: user ?? null, actor: actor ?? null, at: state.now })
  state.events[event] = (state.events[event] ?? 0) + 1
}

type Event = { type: string; user: string | null; actor: string | null; at: number }

export const eventName = ({ type, user, actor, at }: Event) =>
  `${type} about ${user ?? 'nobody'} by ${actor ?? 'nobody'} at ${at}`

/** Events are kept for a year; what has ended is kept for a while, which nobody can tell from outside. */
export function purge(state: State): void {
  for (const name of Object.keys(state.events)) {
    if (Number(name.split(' at ').at(-1)) < state.now - EVENT_SECONDS) delete state.events[name]
  }
}

/** Spends an attempt; the seconds to wait if the bucket has none. */
export function spend(state: State, key: string, { count, seconds }: Rate): number | null {
  const bucket = state.buckets[key] ?? { fullAt: state.now, reportedAt: null }
  const wait = bucket.fullAt - (seconds - seconds / count) - state.now
  if (wait > 0) return wait
  state.buckets[key] = { ...bucket, fullAt: Math.max(bucket.fullAt, state.now) + seconds / count }
  return null
}

/** A success gives back what it spent, one attempt. */
export function giveBack(state: State, key: string, { count, seconds }: Rate): void {
  const bucket = state.buckets[key]
  if (bucket) bucket.fullAt -= seconds / count
}

/** One event per period of the limit, not one each. */
export function reportOnce(
  state: State,
  { key, seconds, ...who }: { key: string; seconds: number; user?: string; actor?: string },
): void {
  const bucket = state.buckets[key]
  if (!bucket || (bucket.reportedAt !== null && bucket.reportedAt > state.now - seconds)) return
  bucket.reportedAt = state.now
  record(state, 'limited', who)
}

export function failuresOf({ failures, lastFailedAt }: Person, now: number): number {
  return Math.max(0, failures - Math.floor((now - lastFailedAt) / FORGIVEN_EVERY_SECONDS))
}

export const isLocked = (person: Person, now: number) => failuresOf(person, now) >= MAX_FAILURES

export function countFailure(state: State, id: string): void {
  const person = state.people[id]
  if (!person || isLocked(person, state.now)) return
  person.failures = failuresOf(person, state.now) + 1
  person.lastFailedAt = state.now
}

export function isLive(state: State, id: string): boolean {
  const session = state.sessions[id]
  const owner = session && state.people[session.owner]
  return (
    session !== undefined &&
    owner?.isEnabled === true &&
    !session.isRevoked &&
    session.version >= owner.version &&
    Math.min(session.idleEnd, session.end) > state.now
  )
}

export const liveSessions = (state: State, owner: string) =>
  Object.keys(state.sessions).filter((id) => state.sessions[id]?.owner === owner && isLive(state, id))

export function isLastAdmin(state: State, id: string): boolean {
  const isOne = ({ isAdmin, isEnabled }: Person) => isAdmin && isEnabled
  const person = state.people[id]
  const others = Object.entries(state.people).filter(([other, each]) => other !== id && isOne(each))
  return person !== undefined && isOne(person) && others.length === 0
}

export const findPerson = (state: State, test: (person: Person) => boolean) =>
  Object.keys(state.people).find((id) => test(state.people[id] as Person))

export function remove(state: State, id: string): void {
  delete state.people[id]
  for (const [session, { owner }] of Object.entries(state.sessions)) {
    if (owner === id) delete state.sessions[session]
  }
  for (const [name, { user }] of Object.entries(state.links)) if (user === id) delete state.links[name]
}

export const nameOfLink = ({ purpose, user, at }: Omit<Link, 'username'>) => `${purpose} ${user} ${at}`

export function mailLink(state: State, purpose: Link['purpose'], user: string): void {
  const { username, passwordVersion } = state.people[user] as Person
  const link = { purpose, user, at: state.now, username, passwordVersion, isUsed: false }
  state.links[nameOfLink(link)] = link
}

/** Whether a link does something: it was not used, is young enough, and no newer one was mailed. */
export function isUsable(state: State, link: Link): boolean {
  const { purpose, user, at } = link
  const isNewer = (other: Link) => other.user === user && other.purpose === purpose && other.at > at
  return (
    state.people[user] !== undefined &&
    state.links[nameOfLink(link)]?.isUsed === false &&
    state.now < at + LINK_SECONDS[purpose] &&
    !Object.values(state.links).some(isNewer)
  )
}

/** With one link, all older ones for the same purpose are used. */
export function useLink(state: State, { purpose, user }: Link): void {
  for (const link of Object.values(state.links)) {
    if (link.user === user && link.purpose === purpose) link.isUsed = true
  }
}

export function openSession(state: State, { id, owner }: { id: string; owner: string }): Session {
  const { now } = state
  const version = state.people[owner]?.version ?? 0
  const ends = { idleEnd: now + IDLE_SECONDS, end: now + SESSION_SECONDS }
  const session = { owner, version, isRevoked: false, generation: 0, replacedAt: [], ...ends }
  const opened = { ...session, createdAt: now, usedAt: now }
  state.sessions[id] = opened
  return opened
}

/** What a refresh token of a live session is: the current one, one in grace, or a replay. */
export function judge(state: State, { session, generation }: RefreshToken): 'current' | 'grace' | 'replay' {
  const { generation: current, replacedAt } = state.sessions[session] as Session
  const age = current - generation
  if (age === 0) return 'current'
  const since = state.now - (replacedAt[age - 1] ?? Number.NEGATIVE_INFINITY)
  return since < GRACE_SECONDS || (age === 1 && since < UNUSED_SECONDS) ? 'grace' : 'replay'
}

export function rotate(state: State, id: string): void {
  const session = state.sessions[id] as Session
  session.generation++
  session.replacedAt = [state.now, ...session.replacedAt]
  session.usedAt = state.now
  session.idleEnd = Math.min(state.now + IDLE_SECONDS, session.end)
}
