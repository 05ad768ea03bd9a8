import { INVALID_TOKEN, limited, refuse, type Step } from './answers.ts'
import type { Local } from './linearize.ts'
import type { Response } from './operations.ts'
import {
  ACCESS_SECONDS,
  ACT,
  type AccessToken,
  isLive,
  type Rate,
  record,
  SIGN_IN,
  type State,
  spend,
} from './state.ts'

/** Whether a guard counts the request for the account or the session. */
type Counted = 'account' | 'session'

/** The guard of every route: the token is accepted, its session is live, and the limit lets it through. */
export function guard(state: State, as: AccessToken, counted?: Counted): Response | undefined {
  const isAccepted = state.keys.includes(as.key) && state.now < as.issuedAt + ACCESS_SECONDS
  if (!isAccepted || !isLive(state, as.session)) return INVALID_TOKEN
  if (counted === undefined) return undefined
  return countOwn(state, as, { name: 'act', whose: counted === 'session' ? as.session : as.user, rate: ACT })
}

/** Counts an act of somebody signed in; the refusal, if the limit is used up. */
export function countOwn(
  state: State,
  { user }: AccessToken,
  { name, whose, rate }: { name: string; whose: string; rate: Rate },
): Response | undefined {
  const key = `${state.secrets[0]} ${name} ${whose}`
  const wait = spend(state, key, rate)
  return wait === null ? undefined : limited(state, { key, rate, wait, user, actor: user })
}

/** The bucket of attempts at an account, also at one that does not exist. */
export const bucketOf = (state: State, identifier: string) => `${state.secrets[0]} sign-in ${identifier}`

/** The bucket of attempts at the password by a session. */
export const confirmationBucket = (state: State, { session }: AccessToken) =>
  `${state.secrets[0]} confirm ${session}`

type Confirming = { password: string; per: 'session' | 'account' }

/** An act that takes the password: guard, attempt at the password, act. */
export function confirmed(
  { as }: { as: AccessToken },
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
      return refuse(403, 'wrong_password')
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
