import { INVALID_TOKEN, NOTHING, pair, refuse, rolesOf, type Step, userBody } from './answers.ts'
import { confirmationBucket, confirmed, countOwn, guard } from './guard.ts'
import { canonical, type Local } from './linearize.ts'
import { isTooLarge, merge, refuseLarge } from './metadata.ts'
import type { Of, OwnAct, Response } from './operations.ts'
import {
  type AccessToken,
  findPerson,
  giveBack,
  isLastAdmin,
  isLive,
  liveSessions,
  mailLink,
  openSession,
  type Person,
  PROFILE,
  record,
  remove,
  type Session,
  SIGN_IN,
  type State,
} from './state.ts'

/** The steps of what somebody does to the own account: the guard, and the act, which looks again. */
export function ownAct(act: OwnAct, id: number): readonly Step[] {
  const { as } = act
  const stillLive = (step: (state: State, local: Local) => Response) => (state: State, local: Local) =>
    isLive(state, as.session) ? step(state, local) : INVALID_TOKEN
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
      return [
        (state) => guard(state, as, 'account') ?? refuseLarge(act.userMetadata),
        (state, local) => lookAtRoles(state, as, local),
        stillLive((state, local) => changeProfile(state, act, local)),
      ]
    case 'change_password':
      return confirmed(act, { password: act.current, per: 'session' }, (state) =>
        changePassword(state, act, `s${id}`),
      )
    case 'ask_verification':
      return [(state) => guard(state, as, 'account'), stillLive((state) => askVerification(state, act))]
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

/**
 * A change that waits for the user's row reads that row anew, but the roles, which are rows of another table,
 * as of the beginning. So one that overlaps a change of the roles can answer with the old ones.
 */
function lookAtRoles(state: State, { user }: AccessToken, local: Local): undefined {
  local['roles'] = rolesOf(state.people[user]?.isAdmin === true)
}

function changeProfile(state: State, { as, ...change }: Of<'change_profile'>, { roles }: Local): Response {
  const { username, fullName, userMetadata } = change
  const person = state.people[as.user] as Person
  // Asking for a username shows whether somebody has it; asking for one's own does not.
  const isAsking = username !== undefined && username !== person.username
  const refused = isAsking && countOwn(state, as, { name: 'profile', whose: as.user, rate: PROFILE })
  if (refused) return refused
  const changed = {
    ...person,
    username: username ?? person.username,
    fullName: fullName ?? person.fullName,
    userMetadata: merge(person.userMetadata, userMetadata),
  }
  const holder = findPerson(state, (other) => other.username === changed.username)
  if (holder && holder !== as.user) return refuse(409, 'username_taken')
  if (isTooLarge(changed.userMetadata)) return refuse(422, 'validation_failed')
  if (canonical(changed) !== canonical(person)) {
    record(state, 'profile_changed', { user: as.user, actor: as.user })
  }
  Object.assign(person, changed)
  return { status: 200, body: { ...userBody(state, as.user), roles } }
}

function changePassword(state: State, { as, password }: Of<'change_password'>, id: string): Response {
  const person = state.people[as.user] as Person
  person.password = password
  person.passwordVersion++
  person.version++
  person.failures = 0
  giveBack(state, confirmationBucket(state, as), SIGN_IN)
  record(state, 'password_changed', { user: as.user, actor: as.user })
  openSession(state, { id, owner: as.user })
  return pair(state, id)
}

function askVerification(state: State, { as }: Of<'ask_verification'>): Response {
  if (state.people[as.user]?.isVerified) return NOTHING
  mailLink(state, 'email_verification', as.user)
  record(state, 'email_verification_requested', { user: as.user, actor: as.user })
  return { status: 202 }
}

function deleteSelf(state: State, { as }: Of<'delete_self'>): Response {
  giveBack(state, confirmationBucket(state, as), SIGN_IN)
  if (isLastAdmin(state, as.user)) return refuse(409, 'last_admin')
  record(state, 'account_deleted', { user: as.user, actor: as.user })
  remove(state, as.user)
  return NOTHING
}
