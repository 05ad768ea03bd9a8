import { INVALID_TOKEN, NOTHING, refuse, type Step, userBody } from './answers.ts'
import { guard } from './guard.ts'
import { canonical, type Local } from './linearize.ts'
import { isTooLarge, merge, refuseLarge } from './metadata.ts'
import type { Of, Response, UserAct } from './operations.ts'
import { isLastAdmin, isLive, liveSessions, type Person, record, remove, type State } from './state.ts'

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
      if (refusal) return refusal
      local['isForbidden'] = !state.people[as.user]?.isAdmin
      if (local['isForbidden'] || act.kind !== 'change_user') return undefined
      return refuseLarge(act.appMetadata)
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
  if (!isLive(state, as.session)) return INVALID_TOKEN
  local['isForbidden'] = !state.people[as.user]?.isAdmin
  if (local['isForbidden']) return undefined
  if (!state.people[act.user]) return refuse(404, 'not_found')
  const wouldRemove =
    act.kind === 'delete_user' ||
    (act.kind === 'set_roles' && !act.isAdmin) ||
    (act.kind === 'change_user' && act.isEnabled === false)
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
    return NOTHING
  }
  if (act.kind === 'end_user_sessions') {
    if (liveSessions(state, user).length > 0) record(state, 'session_ended', who)
    person.version++
    return NOTHING
  }
  if (act.kind === 'set_roles') {
    if (person.isAdmin !== act.isAdmin) record(state, 'roles_changed', who)
    person.isAdmin = act.isAdmin
  } else {
    const appMetadata = merge(person.appMetadata, act.appMetadata)
    if (isTooLarge(appMetadata)) return refuse(422, 'validation_failed')
    if (canonical(appMetadata) !== canonical(person.appMetadata)) record(state, 'profile_changed', who)
    person.appMetadata = appMetadata
    changeStatus(state, act, who)
  }
  const { isEnabled, lastLoginAt } = person
  const body = { ...userBody(state, user), status: isEnabled ? 'active' : 'disabled', lastLoginAt }
  return { status: 200, body }
}

type Who = { user: string; actor: string }

function changeStatus(state: State, { isEnabled }: Of<'change_user'>, who: Who): void {
  const person = state.people[who.user] as Person
  if (isEnabled) enable(state, person, who)
  if (isEnabled !== false || !person.isEnabled) return
  record(state, 'account_disabled', who)
  person.isEnabled = false
  person.version++
}

function enable(state: State, person: Person, who: Who): void {
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
