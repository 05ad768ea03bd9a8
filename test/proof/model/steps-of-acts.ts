import type { Step as GenericStep, Local } from './linearize.ts'
import type { Operation, Response } from './operations.ts'
import {
  ACCESS_SECONDS,
  ACT,
  type AccessToken,
  isLastAdmin,
  isLive,
  liveSessions,
  type Person,
  type Rate,
  record,
  remove,
  reportOnce,
  type State,
  spend,
} from './state.ts'

type Step = GenericStep<State, Response>

export const refuse = (status: number, code: string): Response => ({ status, code })

type Refusal = { key: string; rate: Rate; wait: number; user?: string; actor?: string }

/** The response to an attempt that a bucket refuses, which is recorded once per period of the limit. */
export function limited(state: State, { key, rate, wait, ...who }: Refusal): Response {
  reportOnce(state, { key, seconds: rate.seconds, ...who })
  return { ...refuse(429, 'rate_limited'), retryAfter: Math.max(1, Math.ceil(wait)) }
}

export function userBody(state: State, id: string) {
  const { email, username, fullName, isAdmin } = state.people[id] as Person
  return { user: id, email, username, fullName, roles: isAdmin ? ['admin', 'user'] : ['user'] }
}

/** What a guard counts the request for: the account, the session, or changes of the account's profile. */
type Counted = 'account' | 'session' | Rate

/** The guard of every route: the token is accepted, its session is live, and the limit lets it through. */
export function guard(state: State, as: AccessToken, counted?: Counted): Response | undefined {
  const isAccepted = state.keys.includes(as.key) && state.now < as.issuedAt + ACCESS_SECONDS
  if (!isAccepted || !isLive(state, as.session)) return refuse(401, 'invalid_token')
  if (counted === undefined) return undefined
  const rate = typeof counted === 'object' ? counted : ACT
  const whose = counted === 'session' ? as.session : as.user
  const key = `${state.secrets[0]} ${typeof counted === 'object' ? 'profile' : 'act'} ${whose}`
  const wait = spend(state, key, rate)
  return wait === null ? undefined : limited(state, { key, rate, wait, user: as.user, actor: as.user })
}

type UserAct = Extract<Operation, { user: string }>

const FORBIDDEN = refuse(403, 'forbidden')

/**
 * What an administrator does to somebody: the guard; the act, which looks again; and if either refused for
 * want of the permission, that this is recorded.
 */
export function actOnUser(act: UserAct): readonly Step[] {
  const { as } = act
  return [
    (state, local) => {
      const refusal = guard(state, as, 'account')
      if (!refusal) local['isForbidden'] = !state.people[as.user]?.isAdmin
      return refusal
    },
    (state, local) => {
      if (local['isForbidden']) return recordDenial(state, act)
      return decide(state, act, local)
    },
    (state) => recordDenial(state, act),
  ]
}

function decide(state: State, act: UserAct, local: Local): Response | undefined {
  const { as } = act
  if (!isLive(state, as.session)) return refuse(401, 'invalid_token')
  local['isForbidden'] = !state.people[as.user]?.isAdmin
  if (local['isForbidden']) return undefined
  if (!state.people[act.user]) return refuse(404, 'not_found')
  const wouldRemove =
    act.kind === 'delete_user' ||
    (act.kind === 'set_roles' && !act.isAdmin) ||
    (act.kind === 'set_status' && !act.isEnabled)
  if (wouldRemove && isLastAdmin(state, act.user)) return refuse(409, 'last_admin')
  return perform(state, act)
}

function perform(state: State, act: UserAct): Response {
  const { user } = act
  const who = { user, actor: act.as.user }
  const person = state.people[user] as Person
  if (act.kind === 'delete_user') {
    record(state, 'account_deleted', who)
    remove(state, user)
    return { status: 204 }
  }
  if (act.kind === 'end_user_sessions') {
    if (liveSessions(state, user).length > 0) record(state, 'session_ended', who)
    person.version++
    return { status: 204 }
  }
  if (act.kind === 'set_roles') {
    if (person.isAdmin !== act.isAdmin) record(state, 'roles_changed', who)
    person.isAdmin = act.isAdmin
  } else if (act.isEnabled) {
    enable(state, person, who)
  } else if (person.isEnabled) {
    record(state, 'account_disabled', who)
    person.isEnabled = false
    person.version++
  }
  const { isEnabled, lastLoginAt } = person
  const body = { ...userBody(state, user), status: isEnabled ? 'active' : 'disabled', lastLoginAt }
  return { status: 200, body }
}

function enable(state: State, person: Person, who: { user: string; actor: string }): void {
  if (!person.isEnabled) record(state, 'account_enabled', who)
  // Also where time had forgiven them already: the event says that the count is 0 from now on.
  if (person.failures > 0) record(state, 'account_unlocked', who)
  person.isEnabled = true
  person.failures = 0
}

/** Once an hour for each person, route and reason; nothing of a session that has ended since. */
function recordDenial(state: State, { kind, as }: UserAct): Response {
  const key = `${state.secrets[0]} denied ${kind} ${as.user}`
  if (isLive(state, as.session) && (state.buckets[key]?.fullAt ?? state.now) <= state.now) {
    state.buckets[key] = { fullAt: state.now + 3600, reportedAt: null }
    record(state, 'access_denied', { user: as.user, actor: as.user })
  }
  return FORBIDDEN
}
