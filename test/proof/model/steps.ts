import { actOnUser } from './administrators-acts.ts'
import { INVALID_TOKEN, limited, NOTHING, pair, refuse, type Step, tokens, userBody } from './answers.ts'
import { bucketOf } from './guard.ts'
import type { Local } from './linearize.ts'
import { askReset, reject, reset, verify } from './links.ts'
import { isRotation, type Of, type Operation, type Response, type Rotation } from './operations.ts'
import { ownAct } from './own-acts.ts'
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
  mailLink,
  openSession,
  type Person,
  purge,
  type RefreshToken,
  record,
  rotate,
  type Session,
  SIGN_IN,
  type State,
  spend,
} from './state.ts'

const isReadable = (state: State, token: RefreshToken | AccessToken) =>
  'generation' in token ? state.secrets.includes(token.secret) : state.keys.includes(token.key)

/**
 * The steps of an operation, one a round trip.
 *
 * @param id the operation's own number: what it creates is named after it
 */
export function stepsOf(operation: Operation, id: number): readonly Step[] {
  if (isRotation(operation)) return [(state) => maintain(state, operation)]
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
    case 'ask_reset':
      return [(state) => askReset(state, operation)]
    case 'reset':
      return [(state) => reset(state, operation)]
    case 'verify':
      return [(state) => verify(state, operation)]
    case 'reject':
      return [(state) => reject(state, operation)]
    case 'operate':
      return [(state) => operate(state, operation)]
    case 'observe':
      return [observe]
    case 'tick':
    case 'purge':
      return [(state) => maintain(state, operation)]
    case 'set_roles':
    case 'change_user':
    case 'delete_user':
    case 'end_user_sessions':
      return actOnUser(operation)
    default:
      return ownAct(operation, id)
  }
}

function register(state: State, operation: Of<'register'>, id: number): Response {
  const { email, username, password, signsIn } = operation
  if (findPerson(state, (person) => person.email === email)) return refuse(409, 'email_taken')
  if (findPerson(state, (person) => person.username === username)) return refuse(409, 'username_taken')
  const user = `${email.split('@')[0]}${id}`
  const fullName = `The person ${username}`
  const fresh = {
    userMetadata: {},
    appMetadata: {},
    version: 1,
    isEnabled: true,
    isAdmin: false,
    isVerified: false,
    passwordVersion: 1,
    lastLoginAt: null,
    failures: 0,
    lastFailedAt: 0,
  }
  state.people[user] = { email, username, fullName, password, ...fresh }
  record(state, 'registered', { user })
  mailLink(state, 'email_verification', user)
  return { status: 201, body: signsIn ? signInAtOnce(state, user, `s${id}`) : userBody(state, user) }
}

/** No password is checked, as it was just set: no attempt is counted. */
function signInAtOnce(state: State, user: string, id: string) {
  const person = state.people[user] as Person
  person.lastLoginAt = state.now
  record(state, 'signed_in', { user, actor: user })
  openSession(state, { id, owner: user })
  return { ...tokens(state, id), owner: userBody(state, user) }
}

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

type Maintenance = Of<'tick' | 'purge'> | Rotation

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
  const ids = Object.keys(state.people).sort()
  const live = ids.flatMap((id) => liveSessions(state, id).map((session) => `${session} of ${id}`))
  const admins = ids.filter((id) => state.people[id]?.isAdmin && state.people[id].isEnabled)
  const shown = Object.entries(state.people).map(([id, { userMetadata, appMetadata, isVerified }]) => {
    return [id, { userMetadata, appMetadata, isVerified }] as const
  })
  const people = Object.fromEntries(shown)
  return { status: 0, body: { people, live: live.sort(), admins, events: { ...state.events } } }
}
