import { NOTHING, refuse } from './answers.ts'
import { bucketOf } from './guard.ts'
import type { Of, Response } from './operations.ts'
import {
  findPerson,
  isUsable,
  mailLink,
  nameOfLink,
  type Person,
  record,
  remove,
  type State,
  useLink,
} from './state.ts'

const ACCEPTED: Response = { status: 202 }
const REFUSED = refuse(400, 'invalid_or_expired_code')

/** The answer is the same for every address, and so is the event. */
export function askReset(state: State, { email }: Of<'ask_reset'>): Response {
  const user = findPerson(state, (person) => person.email === email && person.isEnabled)
  record(state, 'password_reset_requested', user ? { user } : {})
  if (user) mailLink(state, 'password_reset', user)
  return ACCEPTED
}

/** Another password, or a disabled account, ends a link. */
export function reset(state: State, { link, password }: Of<'reset'>): Response {
  const { user } = link
  const person = state.people[user] as Person
  if (link.purpose !== 'password_reset' || !isUsable(state, link) || !person.isEnabled) return REFUSED
  if (state.links[nameOfLink(link)]?.passwordVersion !== person.passwordVersion) return REFUSED
  useLink(state, link)
  if (!person.isVerified) {
    // Whoever registered it need not be the owner of the address.
    person.userMetadata = {}
    record(state, 'email_verified', { user })
  }
  Object.assign(person, { password, isVerified: true, failures: 0 })
  person.version++
  person.passwordVersion++
  for (const name of [person.email, link.username]) delete state.buckets[bucketOf(state, name)]
  record(state, 'password_reset', { user })
  return NOTHING
}

export function verify(state: State, { link }: Of<'verify'>): Response {
  if (link.purpose !== 'email_verification' || !isUsable(state, link)) return REFUSED
  useLink(state, link)
  const person = state.people[link.user] as Person
  person.isVerified = true
  record(state, 'email_verified', { user: link.user })
  return NOTHING
}

/** Only an account that nobody has vouched for: neither the owner of the address nor an administrator. */
export function reject(state: State, { link }: Of<'reject'>): Response {
  if (link.purpose !== 'email_verification' || !isUsable(state, link)) return REFUSED
  const { isVerified, isAdmin } = state.people[link.user] as Person
  if (isVerified || isAdmin) return REFUSED
  record(state, 'registration_rejected', { user: link.user })
  remove(state, link.user)
  return NOTHING
}
