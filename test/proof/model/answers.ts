import type { Step as GenericStep } from './linearize.ts'
import type { Response } from './operations.ts'
import { type Person, type Rate, reportOnce, type Session, type State } from './state.ts'

/** One round trip of an operation. */
export type Step = GenericStep<State, Response>

export const refuse = (status: number, code: string): Response => ({ status, code })

export const NOTHING: Response = { status: 204 }
export const INVALID_TOKEN = refuse(401, 'invalid_token')

type Refusal = { key: string; rate: Rate; wait: number; user?: string; actor?: string }

/** The response to an attempt that a bucket refuses, which is recorded once per period of the limit. */
export function limited(state: State, { key, rate, wait, ...who }: Refusal): Response {
  reportOnce(state, { key, seconds: rate.seconds, ...who })
  return { ...refuse(429, 'rate_limited'), retryAfter: Math.max(1, Math.ceil(wait)) }
}

export const rolesOf = (isAdmin: boolean) => (isAdmin ? ['admin', 'user'] : ['user'])

export function userBody(state: State, id: string) {
  const { isAdmin, ...person } = state.people[id] as Person
  const { email, username, fullName, userMetadata, appMetadata } = person
  return { user: id, email, username, fullName, roles: rolesOf(isAdmin), userMetadata, appMetadata }
}

/** The tokens of a session. */
export function tokens(state: State, id: string) {
  const { owner, generation, idleEnd } = state.sessions[id] as Session
  const user = state.people[owner] as Person
  const access = { session: id, user: owner, issuedAt: state.now, key: state.keys[0] }
  const refresh = { session: id, generation, secret: state.secrets[0] }
  const claims = { email: user.email, fullName: user.fullName, roles: userBody(state, owner).roles }
  return { access, claims, refresh, endsIn: idleEnd - state.now }
}

/** The answer to a sign-in, a refresh or a new password. */
export function pair(state: State, id: string): Response {
  return { status: 200, body: tokens(state, id) }
}
