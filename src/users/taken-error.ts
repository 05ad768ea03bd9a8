import { type AppError, fieldError } from '../errors.ts'

/** The error for an address or a username that somebody else has. */
export function takenError(field: 'email' | 'username'): AppError {
  const code = field === 'email' ? 'email_taken' : 'username_taken'
  return fieldError(code, { pointer: `/${field}`, code: 'taken', detail: 'is taken' })
}
