import type { Step as GenericStep, Local } from './linearize.ts'
import type { Operation, Response } from './operations.ts'
import {
  type AccessToken,
  countFailure,
  findPerson,
  giveBack,
  isLastAdmin,
  isLive,
  isLocked,
  judge,
  liveSessions,
  openSession,
  type Person,
  PROFILE,
  purge,
  type RefreshToken,
  record,
  remove,
  rotate,
  type Session,
  SIGN_IN,
  type State,
  spend,
} from './state.ts'
import { actOnUser, guard, limited, refuse, userBody } from './steps-of-acts.ts'

export type Step = GenericStep<State, Response>

type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>

const NOTHING: Response = { status: 204 }
const INVALID_TOKEN = refuse(401, 'invalid_token')
const WRONG_PASSWORD = refuse(403, 'wrong_password')

/** The tokens that a session is answered with. */
function pair(state: State, id: string): Response {
  const { owner, generation, idleEnd } = state.sessions[id] as Session
  const user = state.people[owner] as Person
  const access = { session: id, user: owner, issuedAt: state.now, key: state.keys[0] }
  const refresh = { session: id, generation, secret: state.secrets[0] }
  const claims = { email: user.email, fullName: user.fullName, roles: userBody(state, owner).roles }
  return { status: 200, body: { access, claims, refresh, endsIn: idleEnd - state.now } }
}

const isReadable = (state: State, token: RefreshToken | AccessToken) =>
  'generation' in token ? state.secrets.includes(token.secret) : state.keys.includes(token.key)

/**
 * The steps of an operation, one a round trip.
 *
 * @param id the operation's own number: what it creates is named after it
 */
export function stepsOf(operation: Operation, id: number): readonly Step[] {
  switch (operation.kind) {
    case 'register':
      return [(state) => register(state, operation, id)]
    case 'sign_in':
      return [
        (state, local) => countSignIn(state, operation, local),
        (state, local) => completeSignIn(state, local, `s${id}`),
      ]
    case 'refresh':
      return [
        (state, local) => lookAtOwner(state, operation.token, local),
        (state, local) => refresh(state, operation.token, local),
      ]
    case 'sign_out':
      return [(state) => signOut(state, operation.token)]
    case 'operate':
      return [(state) => operate(state, operation)]
    case 'observe':
      return [observe]
    case 'tick':
    case 'purge':
    case 'add_key':
    case 'drop_keys':
    case 'add_secret':
    case 'drop_secrets':
      return [(state) => maintain(state, operation)]
    case 'set_roles':
    case 'set_status':
    case 'delete_user':
    case 'end_user_sessions':
      return actOnUser(operation)
    default:
      return ownAct(operation, id)
  }
}

function register(state: State, { email, username, password }: Of<'register'>, id: number): Response {
  if (findPerson(state, (person) => person.email === email)) return refuse(409, 'email_taken')
  if (findPerson(state, (person) => person.username === username)) return refuse(409, 'username_taken')
  const user = `${email.split('@')[0]}${id}`
  const fullName = `The person ${username}`
  const fresh = {
    version: 1,
    isEnabled: true,
    isAdmin: false,
    lastLoginAt: null,
    failures: 0,
    lastFailedAt: 0,
  }
  state.people[user] = { email, username, fullName, password, ...fresh }
  record(state, 'registered', { user })
  return { status: 201, body: userBody(state, user) }
}

const bucketOf = (state: State, identifier: string) => `${state.secrets[0]} sign-in ${identifier}`

/** The attempt is counted before anything is hashed, also for an account that does not exist. */
function countSignIn(
  state: State,
  { identifier, password }: Of<'sign_in'>,
  local: Local,
): Response | undefined {
  const user = findPerson(state, ({ email, username }) => identifier === email || identifier === username)
  const key = bucketOf(state, identifier)
  const wait = spend(state, key, SIGN_IN)
  if (wait !== null) return limited(state, { key, rate: SIGN_IN, wait, ...(user && { user }) })
  const person = user ? state.people[user] : undefined
  const isRight = person?.password === password
  const isProven = person && isRight && person.isEnabled && !isLocked(person, state.now)
  Object.assign(local, {
    user,
    key,
    wrongFor: isRight ? undefined : user,
    proven: isProven && person.version,
  })
  return undefined
}

/** The session opens only if the account is as it was when the password was checked. */
function completeSignIn(state: State, local: Local, id: string): Response {
  const { user, key, wrongFor, proven } = local as Record<string, string> & { proven?: number }
  const person = user ? state.people[user] : undefined
  if (user && person?.isEnabled && person.version === proven && !isLocked(person, state.now)) {
    person.failures = 0
    person.lastLoginAt = state.now
    giveBack(state, key as string, SIGN_IN)
    record(state, 'signed_in', { user, actor: user })
    openSession(state, { id, owner: user })
    return pair(state, id)
  }
  record(state, 'sign_in_failed', { ...(user && { user }) })
  if (wrongFor) countFailure(state, wrongFor)
  return refuse(401, 'invalid_credentials')
}

/**
 * A refresh that waits for its session reads the session anew, but its owner as of the beginning: locking the
 * owner, too, would cost every refresh a write. So one that overlaps the end of all sessions can come before
 * it, although it was the session's lock that it waited for.
 */
function lookAtOwner(state: State, token: RefreshToken, local: Local): Response | undefined {
  if (!isReadable(state, token) || !isLive(state, token.session)) return INVALID_TOKEN
  local['owner'] = state.people[state.sessions[token.session]?.owner ?? '']
  return undefined
}

function refresh(state: State, token: RefreshToken, { owner }: Local): Response {
  const seen = state.sessions[token.session]
  if (!seen) return INVALID_TOKEN
  const asOfBeginning = { ...state, people: { ...state.people, [seen.owner]: owner as Person } }
  if (!isLive(asOfBeginning, token.session)) return INVALID_TOKEN
  const kind = judge(state, token)
  if (kind === 'current') rotate(state, token.session)
  if (kind !== 'replay') return pair(state, token.session)
  const session = state.sessions[token.session] as Session
  session.isRevoked = true
  // Owner and thief look the same, so nobody is named as the actor.
  record(state, 'refresh_token_replayed', { user: session.owner })
  return INVALID_TOKEN
}

/** Ends a live session; whoever presents any token of it, even one that was replaced or has expired. */
function signOut(state: State, token: RefreshToken | AccessToken): Response {
  const session = state.sessions[token.session]
  if (!session || !isReadable(state, token) || !isLive(state, token.session)) return NOTHING
  session.isRevoked = true
  record(state, 'signed_out', { user: session.owner, actor: session.owner })
  return NOTHING
}

function operate(state: State, { email, isAdmin }: Of<'operate'>): Response {
  const user = findPerson(state, (person) => person.email === email)
  if (!user || (!isAdmin && isLastAdmin(state, user))) return { status: 1 }
  const person = state.people[user] as Person
  if (person.isAdmin !== isAdmin) record(state, 'roles_changed', { user })
  person.isAdmin = isAdmin
  return { status: 0 }
}

type Maintenance = Of<'tick' | 'purge'> | Of<'add_key' | 'drop_keys' | 'add_secret' | 'drop_secrets'>

const after = (names: readonly string[]) => {
  const [newest = ''] = names
  return newest.replace(/\d+/, (number) => String(Number(number) + 1))
}

function maintain(state: State, operation: Maintenance): Response {
  if (operation.kind === 'tick') state.now += operation.seconds
  if (operation.kind === 'purge') purge(state)
  if (operation.kind === 'add_key') state.keys.unshift(after(state.keys))
  if (operation.kind === 'drop_keys') state.keys.splice(1)
  if (operation.kind === 'add_secret') state.secrets.unshift(after(state.secrets))
  if (operation.kind === 'drop_secrets') state.secrets.splice(1)
  return { status: 0 }
}

/** What the database contains, as `world.ts` reads it. */
function observe(state: State): Response {
  const people = Object.keys(state.people).sort()
  const live = people.flatMap((id) => liveSessions(state, id).map((session) => `${session} of ${id}`))
  const admins = people.filter((id) => state.people[id]?.isAdmin && state.people[id].isEnabled)
  return { status: 0, body: { people, live: live.sort(), admins, events: { ...state.events } } }
}

type OwnAct = Of<
  | 'probe'
  | 'list_sessions'
  | 'end_session'
  | 'end_sessions'
  | 'change_password'
  | 'change_profile'
  | 'delete_self'
>

/** The steps of what somebody does to the own account: the guard, and the act, which looks again. */
function ownAct(act: OwnAct, id: number): readonly Step[] {
  const { as } = act
  const stillLive = (step: (state: State) => Response) => (state: State) =>
    isLive(state, as.session) ? step(state) : INVALID_TOKEN
  switch (act.kind) {
    case 'probe':
      return [(state) => guard(state, as) ?? { status: 200, body: userBody(state, as.user) }]
    case 'list_sessions':
      return [(state) => guard(state, as), (state) => list(state, as)]
    case 'end_session':
      return [(state) => guard(state, as, 'session'), stillLive((state) => endOne(state, act))]
    case 'end_sessions':
      return [(state) => guard(state, as, 'session'), stillLive((state) => endAll(state, act))]
    case 'change_profile':
      return [(state) => guard(state, as, PROFILE), stillLive((state) => changeProfile(state, act))]
    case 'change_password':
      return confirmed(act, { password: act.current, per: 'session' }, (state) =>
        changePassword(state, act, `s${id}`),
      )
    case 'delete_self':
      return confirmed(act, { password: act.password, per: 'account' }, (state) => deleteSelf(state, act))
  }
}

/** The list is read after the guard, so it can show what happened in between, the end of this session too. */
function list(state: State, { user, session: own }: AccessToken): Response {
  if (!state.people[user]) return INVALID_TOKEN
  const items = liveSessions(state, user).map((id) => {
    const { createdAt, usedAt, idleEnd } = state.sessions[id] as Session
    return { session: id, createdAt, usedAt, endsAt: idleEnd, isCurrent: id === own }
  })
  return { status: 200, body: items.sort((a, b) => (a.session < b.session ? -1 : 1)) }
}

function endOne(state: State, { as, session: id }: Of<'end_session'>): Response {
  const session = state.sessions[id]
  if (session?.owner !== as.user || !isLive(state, id)) return refuse(404, 'not_found')
  session.isRevoked = true
  record(state, 'session_ended', { user: as.user, actor: as.user })
  return NOTHING
}

function endAll(state: State, { as, keepsCurrent }: Of<'end_sessions'>): Response {
  const ended = liveSessions(state, as.user).filter((id) => !keepsCurrent || id !== as.session)
  // Nothing is said about ending nothing.
  if (ended.length > 0) record(state, 'session_ended', { user: as.user, actor: as.user })
  const person = state.people[as.user] as Person
  // Even if nothing ended: a sign-in under way fails.
  person.version++
  if (keepsCurrent) (state.sessions[as.session] as Session).version = person.version
  return NOTHING
}

function changeProfile(state: State, { as, username, fullName }: Of<'change_profile'>): Response {
  const person = state.people[as.user] as Person
  const changed = { ...person, username: username ?? person.username, fullName: fullName ?? person.fullName }
  const holder = findPerson(state, (other) => other.username === changed.username)
  if (holder && holder !== as.user) return refuse(409, 'username_taken')
  if (changed.username !== person.username || changed.fullName !== person.fullName) {
    record(state, 'profile_changed', { user: as.user, actor: as.user })
  }
  Object.assign(person, changed)
  return { status: 200, body: userBody(state, as.user) }
}

const confirmationBucket = (state: State, { session }: AccessToken) =>
  `${state.secrets[0]} confirm ${session}`

type Confirming = { password: string; per: 'session' | 'account' }

/** An act that takes the password: guard, attempt at the password, act. */
function confirmed(
  { as }: OwnAct,
  { password, per }: Confirming,
  act: (state: State) => Response,
): readonly Step[] {
  return [
    (state, local) => {
      local['email'] = state.people[as.user]?.email
      return guard(state, as, per)
    },
    (state, local) => confirm(state, { as, password, local }),
    (state, { isProven, proven }) => {
      if (isProven && !isLive(state, as.session)) return INVALID_TOKEN
      if (isProven && state.people[as.user]?.version === proven) return act(state)
      record(state, 'password_confirmation_failed', { user: as.user, actor: as.user })
      return WRONG_PASSWORD
    },
  ]
}

/**
 * Attempts are counted for the session. Who was deleted since the guard is nobody any more, and the attempt
 * is one at an unknown account.
 */
function confirm(
  state: State,
  { as, password, local }: { as: AccessToken; password: string; local: Local },
): Response | undefined {
  const person = state.people[as.user]
  const key = person ? confirmationBucket(state, as) : bucketOf(state, String(local['email']))
  const wait = spend(state, key, SIGN_IN)
  if (wait !== null) return limited(state, { key, rate: SIGN_IN, wait, ...(person && { user: as.user }) })
  const isProven = person?.isEnabled === true && person.password === password
  Object.assign(local, { isProven, proven: person?.version })
  return undefined
}

function changePassword(state: State, { as, password }: Of<'change_password'>, id: string): Response {
  const person = state.people[as.user] as Person
  person.password = password
  person.version++
  person.failures = 0
  giveBack(state, confirmationBucket(state, as), SIGN_IN)
  record(state, 'password_changed', { user: as.user, actor: as.user })
  openSession(state, { id, owner: as.user })
  return pair(state, id)
}

function deleteSelf(state: State, { as }: Of<'delete_self'>): Response {
  giveBack(state, confirmationBucket(state, as), SIGN_IN)
  if (isLastAdmin(state, as.user)) return refuse(409, 'last_admin')
  record(state, 'account_deleted', { user: as.user, actor: as.user })
  remove(state, as.user)
  return NOTHING
}
