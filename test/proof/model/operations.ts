import { type JsonObject, shorten } from './metadata.ts'
import type { AccessToken, Link, RefreshToken } from './state.ts'

/** A change of the keys or secrets that the application is deployed with. */
export type Rotation = { [K in (typeof ROTATIONS)[number]]: { kind: K } }[(typeof ROTATIONS)[number]]
const ROTATIONS = ['add_key', 'drop_keys', 'add_secret', 'drop_secrets'] as const

type ProfileChange = { username?: string; fullName?: string; userMetadata?: JsonObject }

/** What somebody can do. People are meant by their symbols, and by address or username where they sign in. */
export type Operation =
  | { kind: 'register'; email: string; username: string; password: string; signsIn: boolean }
  | { kind: 'sign_in'; identifier: string; password: string }
  | { kind: 'refresh'; token: RefreshToken }
  | { kind: 'sign_out'; token: RefreshToken | AccessToken }
  | { kind: 'probe'; as: AccessToken }
  | { kind: 'list_sessions'; as: AccessToken }
  | { kind: 'end_session'; as: AccessToken; session: string }
  | { kind: 'end_sessions'; as: AccessToken; keepsCurrent: boolean }
  | { kind: 'change_password'; as: AccessToken; current: string; password: string }
  | ({ kind: 'change_profile'; as: AccessToken } & ProfileChange)
  | { kind: 'delete_self'; as: AccessToken; password: string }
  | { kind: 'ask_verification'; as: AccessToken }
  | { kind: 'ask_reset'; email: string }
  | { kind: 'reset'; link: Link; password: string }
  | { kind: 'verify'; link: Link }
  | { kind: 'reject'; link: Link }
  | { kind: 'set_roles'; as: AccessToken; user: string; isAdmin: boolean }
  | { kind: 'change_user'; as: AccessToken; user: string; isEnabled?: boolean; appMetadata?: JsonObject }
  | { kind: 'delete_user'; as: AccessToken; user: string }
  | { kind: 'end_user_sessions'; as: AccessToken; user: string }
  | { kind: 'operate'; email: string; isAdmin: boolean }
  | Rotation
  | { kind: 'tick'; seconds: number }
  | { kind: 'purge' }
  | { kind: 'observe' }

export type Kind = Operation['kind']
export type Of<K extends Kind> = Extract<Operation, { kind: K }>

/** What an administrator does to somebody. */
export type UserAct = Extract<Operation, { user: string }>
/** What somebody does to the own account. */
export type OwnAct = Exclude<Extract<Operation, { as: AccessToken }>, UserAct>
/** The operations that are one HTTP request. */
export type Requested = Exclude<Operation, Rotation | Of<'observe' | 'operate' | 'purge' | 'tick'>>

export const isRotationKind = (kind: Kind): kind is Rotation['kind'] => ROTATIONS.includes(kind as never)
export const isRotation = (operation: Operation): operation is Rotation => isRotationKind(operation.kind)

/** A response in symbols: `body` names people, sessions and tokens, never a value that differs by chance. */
export type Response = {
  status: number
  code?: string
  retryAfter?: number
  body?: unknown
}

/** The values behind the symbols. */
export type Real = {
  user: (symbol: string) => string
  session: (symbol: string) => string
  token: (token: RefreshToken | AccessToken) => string
  /** The token of the operation's link. */
  link: () => string
}

type Request = { method: string; path: string; body?: unknown }

type Described<O extends Operation> = {
  /** How often it is drawn. */
  weight: number
  /** A sentence for people who read a case. */
  says: (operation: O) => string
} & (O extends Requested ? { request: (operation: O, real: Real) => Request } : unknown)

const ofSession = ({ session, user }: AccessToken) => `${user} (${session})`

const named = (token: RefreshToken | AccessToken) =>
  'generation' in token
    ? `token ${token.generation} of ${token.session}${token.secret === 'forged' ? ', forged,' : ''}`
    : `the access token of ${token.session} of ${token.issuedAt} s`

const toLink = ({ purpose, user, at }: Link) => `the link of ${at} s (${purpose}) of ${user}`

const sameName = ({ kind }: Operation) => kind.replace('_', ' ')

const textOf = (body: object) => shorten(JSON.stringify(body))

const toProfile = ({ username, fullName, userMetadata }: ProfileChange) => ({
  ...(username && { username }),
  ...(fullName && { full_name: fullName }),
  ...(userMetadata && { user_metadata: userMetadata }),
})

const toAccount = ({ isEnabled, appMetadata }: Pick<Of<'change_user'>, 'isEnabled' | 'appMetadata'>) => ({
  ...(isEnabled !== undefined && { status: isEnabled ? 'active' : 'disabled' }),
  ...(appMetadata && { app_metadata: appMetadata }),
})

/** All that is to be said about an operation, but what the model does and how one is chosen. */
export const OPERATIONS: { [K in Kind]: Described<Of<K>> } = {
  register: {
    weight: 4,
    says: ({ email, username, signsIn }) =>
      `somebody registers ${email} as ${username}${signsIn ? ' and signs in' : ''}`,
    request: ({ email, username, password, signsIn }) => {
      const body = { email, username, password, full_name: `The person ${username}` }
      return { method: 'POST', path: signsIn ? '/users?sign_in=true' : '/users', body }
    },
  },
  sign_in: {
    weight: 12,
    says: ({ identifier, password }) => `somebody signs in as ${identifier} with “${password}”`,
    request: ({ identifier, password }) => {
      const name = identifier.includes('@') ? 'email' : 'username'
      return { method: 'POST', path: '/login', body: { [name]: identifier, password } }
    },
  },
  refresh: {
    weight: 20,
    says: ({ token }) => `somebody refreshes with ${named(token)}`,
    request: ({ token }, real) => {
      return { method: 'POST', path: '/refresh', body: { refresh_token: real.token(token) } }
    },
  },
  sign_out: {
    weight: 2,
    says: ({ token }) => `somebody signs out with ${named(token)}`,
    request: ({ token }, real) => ({ method: 'POST', path: '/logout', body: { token: real.token(token) } }),
  },
  probe: {
    weight: 4,
    says: ({ as }) => `${ofSession(as)} reads who they are`,
    request: () => ({ method: 'GET', path: '/users/me' }),
  },
  list_sessions: {
    weight: 4,
    says: ({ as }) => `${ofSession(as)} lists the sessions`,
    request: () => ({ method: 'GET', path: '/users/me/sessions' }),
  },
  end_session: {
    weight: 4,
    says: ({ as, session }) => `${ofSession(as)} ends ${session}`,
    request: ({ session }, real) => {
      return { method: 'DELETE', path: `/users/me/sessions/${real.session(session)}` }
    },
  },
  end_sessions: {
    weight: 3,
    says: ({ as, keepsCurrent }) => `${ofSession(as)} ends ${keepsCurrent ? 'all other' : 'all'} sessions`,
    request: ({ keepsCurrent }) => {
      return { method: 'DELETE', path: `/users/me/sessions${keepsCurrent ? '?keep_current=true' : ''}` }
    },
  },
  change_password: {
    weight: 5,
    says: ({ as, current, password }) =>
      `${ofSession(as)} changes the password from “${current}” to “${password}”`,
    request: ({ current, password }) => {
      const body = { current_password: current, new_password: password }
      return { method: 'POST', path: '/users/me/password', body }
    },
  },
  change_profile: {
    weight: 4,
    says: ({ as, ...change }) => `${ofSession(as)} changes the profile: ${textOf(toProfile(change))}`,
    request: (change) => {
      const body = toProfile(change)
      return { method: 'PATCH', path: '/users/me', body }
    },
  },
  delete_self: {
    weight: 1,
    says: ({ as, password }) => `${ofSession(as)} deletes the own account with “${password}”`,
    request: ({ password }) => ({ method: 'DELETE', path: '/users/me', body: { password } }),
  },
  ask_verification: {
    weight: 3,
    says: ({ as }) => `${ofSession(as)} asks for a mail to verify the address`,
    request: () => ({ method: 'POST', path: '/email-verifications' }),
  },
  ask_reset: {
    weight: 5,
    says: ({ email }) => `somebody forgot the password of ${email}`,
    request: ({ email }) => ({ method: 'POST', path: '/password-resets', body: { email } }),
  },
  reset: {
    weight: 8,
    says: ({ link, password }) => `${toLink(link)} sets the password “${password}”`,
    request: ({ password }, real) => {
      const body = { token: real.link(), new_password: password }
      return { method: 'POST', path: '/password-resets/confirm', body }
    },
  },
  verify: {
    weight: 4,
    says: ({ link }) => `${toLink(link)} verifies the address`,
    request: (_, real) => {
      return { method: 'POST', path: '/email-verifications/confirm', body: { token: real.link() } }
    },
  },
  reject: {
    weight: 1,
    says: ({ link }) => `${toLink(link)} rejects the account`,
    request: (_, real) => {
      return { method: 'POST', path: '/email-verifications/reject', body: { token: real.link() } }
    },
  },
  set_roles: {
    weight: 7,
    says: ({ as, user, isAdmin }) => `${ofSession(as)} ${isAdmin ? 'promotes' : 'demotes'} ${user}`,
    request: ({ user, isAdmin }, real) => {
      const roles = isAdmin ? ['admin', 'user'] : ['user']
      return { method: 'PUT', path: `/users/${real.user(user)}/roles`, body: { roles } }
    },
  },
  change_user: {
    weight: 10,
    says: ({ as, user, ...change }) => `${ofSession(as)} changes ${user}: ${textOf(toAccount(change))}`,
    request: ({ user, ...change }, real) => {
      const body = toAccount(change)
      return { method: 'PATCH', path: `/users/${real.user(user)}`, body }
    },
  },
  delete_user: {
    weight: 1,
    says: ({ as, user }) => `${ofSession(as)} deletes ${user}`,
    request: ({ user }, real) => ({ method: 'DELETE', path: `/users/${real.user(user)}` }),
  },
  end_user_sessions: {
    weight: 2,
    says: ({ as, user }) => `${ofSession(as)} ends the sessions of ${user}`,
    request: ({ user }, real) => ({ method: 'DELETE', path: `/users/${real.user(user)}/sessions` }),
  },
  operate: {
    weight: 1,
    says: ({ email, isAdmin }) => `the operator makes ${email} ${isAdmin ? 'an' : 'no'} administrator`,
  },
  add_key: { weight: 1, says: sameName },
  drop_keys: { weight: 1, says: sameName },
  add_secret: { weight: 1, says: sameName },
  drop_secrets: { weight: 1, says: sameName },
  tick: { weight: 14, says: ({ seconds }) => `${seconds} s pass` },
  purge: { weight: 2, says: sameName },
  observe: { weight: 2, says: sameName },
}

export function describeOperation(operation: Operation): string {
  // TypeScript does not see that the row is the one of this operation.
  return OPERATIONS[operation.kind].says(operation as never)
}

export function requestOf(operation: Requested, real: Real): Request {
  return OPERATIONS[operation.kind].request(operation as never, real)
}
