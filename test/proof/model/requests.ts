import { fromBase64Url, toBase64Url } from '../../../src/crypto/encoding.ts'
import type { Operation } from './operations.ts'
import type { AccessToken, RefreshToken } from './state.ts'

/** The operations that are one HTTP request. */
export type Requested = Exclude<
  Operation,
  {
    kind: 'observe' | 'operate' | 'purge' | 'tick' | 'add_key' | 'drop_keys' | 'add_secret' | 'drop_secrets'
  }
>

/** The values behind the symbols. */
export type Real = {
  user: (symbol: string) => string
  session: (symbol: string) => string
  token: (token: RefreshToken | AccessToken) => string
}

type Request = { method: string; path: string; body?: unknown }

export function requestOf(operation: Requested, real: Real): Request {
  switch (operation.kind) {
    case 'register': {
      const { email, username, password } = operation
      const body = { email, username, password, full_name: `The person ${username}` }
      return { method: 'POST', path: '/users', body }
    }
    case 'sign_in': {
      const { identifier, password } = operation
      const name = identifier.includes('@') ? 'email' : 'username'
      return { method: 'POST', path: '/login', body: { [name]: identifier, password } }
    }
    case 'refresh':
      return { method: 'POST', path: '/refresh', body: { refresh_token: real.token(operation.token) } }
    case 'sign_out':
      return { method: 'POST', path: '/logout', body: { token: real.token(operation.token) } }
    default:
      return actRequest(operation, real)
  }
}

type Act = Extract<Requested, { as: AccessToken }>

function actRequest(act: Act, real: Real): Request {
  switch (act.kind) {
    case 'probe':
      return { method: 'GET', path: '/users/me' }
    case 'list_sessions':
      return { method: 'GET', path: '/users/me/sessions' }
    case 'end_session':
      return { method: 'DELETE', path: `/users/me/sessions/${real.session(act.session)}` }
    case 'end_sessions':
      return { method: 'DELETE', path: `/users/me/sessions${act.keepsCurrent ? '?keep_current=true' : ''}` }
    case 'change_password': {
      const body = { current_password: act.current, new_password: act.password }
      return { method: 'POST', path: '/users/me/password', body }
    }
    case 'change_profile': {
      const { username, fullName } = act
      const body = { ...(username && { username }), ...(fullName && { full_name: fullName }) }
      return { method: 'PATCH', path: '/users/me', body }
    }
    case 'delete_self':
      return { method: 'DELETE', path: '/users/me', body: { password: act.password } }
    case 'set_roles': {
      const roles = act.isAdmin ? ['admin', 'user'] : ['user']
      return { method: 'PUT', path: `/users/${real.user(act.user)}/roles`, body: { roles } }
    }
    case 'set_status': {
      const body = { status: act.isEnabled ? 'active' : 'disabled' }
      return { method: 'PATCH', path: `/users/${real.user(act.user)}`, body }
    }
    case 'delete_user':
      return { method: 'DELETE', path: `/users/${real.user(act.user)}` }
    case 'end_user_sessions':
      return { method: 'DELETE', path: `/users/${real.user(act.user)}/sessions` }
  }
}

/** The session's id and the generation in a refresh token, which nobody outside needs to know. */
export function readContent(token: string): { id: string; generation: number } {
  const bytes = fromBase64Url(token) ?? new Uint8Array(20)
  const hex = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { id, generation: new DataView(bytes.buffer, bytes.byteOffset).getUint32(16) }
}

/** The same token with another generation: what somebody would send who could make the server believe it. */
export function forge(token: string): string {
  const bytes = Uint8Array.from(fromBase64Url(token) ?? [])
  bytes[19] = (bytes[19] ?? 0) + 1
  return toBase64Url(bytes)
}
