import type { AccessToken, RefreshToken } from './state.ts'

/** What somebody can do. People are meant by their symbols, and by address or username where they sign in. */
export type Operation =
  | { kind: 'register'; email: string; username: string; password: string }
  | { kind: 'sign_in'; identifier: string; password: string }
  | { kind: 'refresh'; token: RefreshToken }
  | { kind: 'sign_out'; token: RefreshToken | AccessToken }
  | { kind: 'probe'; as: AccessToken }
  | { kind: 'list_sessions'; as: AccessToken }
  | { kind: 'end_session'; as: AccessToken; session: string }
  | { kind: 'end_sessions'; as: AccessToken; keepsCurrent: boolean }
  | { kind: 'change_password'; as: AccessToken; current: string; password: string }
  | { kind: 'change_profile'; as: AccessToken; username?: string; fullName?: string }
  | { kind: 'delete_self'; as: AccessToken; password: string }
  | { kind: 'set_roles'; as: AccessToken; user: string; isAdmin: boolean }
  | { kind: 'set_status'; as: AccessToken; user: string; isEnabled: boolean }
  | { kind: 'delete_user'; as: AccessToken; user: string }
  | { kind: 'end_user_sessions'; as: AccessToken; user: string }
  | { kind: 'operate'; email: string; isAdmin: boolean }
  | { kind: 'add_key' | 'drop_keys' | 'add_secret' | 'drop_secrets' }
  | { kind: 'tick'; seconds: number }
  | { kind: 'purge' }
  | { kind: 'observe' }

export type Kind = Operation['kind']

/** A response in symbols: `body` names people, sessions and tokens, never a value that differs by chance. */
export type Response = {
  status: number
  code?: string
  retryAfter?: number
  body?: unknown
}

const ofSession = ({ session, user }: AccessToken) => `${user} (${session})`

const isRefreshToken = (token: RefreshToken | AccessToken): token is RefreshToken => 'generation' in token

const named = (token: RefreshToken | AccessToken) =>
  isRefreshToken(token)
    ? `token ${token.generation} of ${token.session}${token.secret === 'forged' ? ', forged,' : ''}`
    : `the access token of ${token.session} of ${token.issuedAt} s`

/** A sentence for people who read a case. */
export function describeOperation(operation: Operation): string {
  switch (operation.kind) {
    case 'register':
      return `somebody registers ${operation.email} as ${operation.username}`
    case 'sign_in':
      return `somebody signs in as ${operation.identifier} with “${operation.password}”`
    case 'refresh':
      return `somebody refreshes with ${named(operation.token)}`
    case 'sign_out':
      return `somebody signs out with ${named(operation.token)}`
    case 'operate':
      return `the operator makes ${operation.email} ${operation.isAdmin ? 'an' : 'no'} administrator`
    case 'tick':
      return `${operation.seconds} s pass`
    case 'add_key':
    case 'drop_keys':
    case 'add_secret':
    case 'drop_secrets':
    case 'purge':
    case 'observe':
      return operation.kind.replace('_', ' ')
    default:
      return `${ofSession(operation.as)} ${describeAct(operation)}`
  }
}

type Act = Extract<Operation, { as: AccessToken }>

function describeAct(act: Act): string {
  switch (act.kind) {
    case 'probe':
      return 'reads who they are'
    case 'list_sessions':
      return 'lists the sessions'
    case 'end_session':
      return `ends ${act.session}`
    case 'end_sessions':
      return `ends ${act.keepsCurrent ? 'all other' : 'all'} sessions`
    case 'change_password':
      return `changes the password from “${act.current}” to “${act.password}”`
    case 'change_profile':
      return `takes the name ${act.username ?? act.fullName}`
    case 'delete_self':
      return `deletes the own account with “${act.password}”`
    case 'set_roles':
      return `${act.isAdmin ? 'promotes' : 'demotes'} ${act.user}`
    case 'set_status':
      return `${act.isEnabled ? 'enables' : 'disables'} ${act.user}`
    case 'delete_user':
      return `deletes ${act.user}`
    case 'end_user_sessions':
      return `ends the sessions of ${act.user}`
  }
}
