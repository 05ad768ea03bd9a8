import { type AppError, fieldError } from '../errors.ts'
import type { ErrorCode } from '../features.ts'
import type { AccountFields } from './feature.ts'

/** The error for an address or a username that somebody else has. */
export function takenError(field: 'email' | 'username'): AppError {
  const code = field === 'email' ? 'email_taken' : 'username_taken'
  return fieldError(code, { pointer: `/${field}`, code: 'taken', detail: 'is taken' })
}

/** The codes of that error for usernames: none where there are no usernames. */
export function usernameErrors({ username }: AccountFields): ErrorCode[] {
  return username === 'absent' ? [] : ['username_taken']
}
