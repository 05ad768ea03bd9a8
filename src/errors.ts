/**
 * Every error code a client can receive. Codes are stable: clients branch on them, messages may change.
 * What each means over HTTP is one table in `http/problem.ts`.
 */
export type ErrorCode =
  | 'malformed_request'
  | 'invalid_or_expired_code'
  | 'invalid_credentials'
  | 'unauthenticated'
  | 'access_token_expired'
  | 'invalid_token'
  | 'forbidden'
  | 'https_required'
  | 'origin_rejected'
  | 'wrong_password'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'email_taken'
  | 'username_taken'
  | 'last_admin'
  | 'role_in_use'
  | 'role_exists'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'validation_failed'
  | 'weak_password'
  | 'rate_limited'
  | 'headers_too_large'
  | 'database_unavailable'
  | 'overloaded'
  | 'internal_error'

/** One thing wrong with one member of the request. `pointer` is a JSON Pointer into the body (RFC 6901). */
export type FieldError = { pointer: string; code: string; detail: string }

/** A burst of `count`, refilled evenly over `seconds`, that has nothing left. */
export type RefusingLimit = { name: string; count: number; seconds: number; retryAfterSeconds: number }

type AppErrorOptions = {
  /** Said to the client in place of the code's own text. Never holds a secret or another person's data. */
  detail?: string
  errors?: FieldError[]
  /** Further members of the answer, of this error alone. */
  members?: Record<string, unknown>
  /** Why, for the audit trail; never sent. */
  reason?: string
  /** Which limit refused it. */
  limit?: RefusingLimit
  /** When to try again, in whole seconds, where the code's own answer is not the best there is. */
  retryAfterSeconds?: number
  /** Kept for the log, never sent. */
  cause?: unknown
}

/**
 * The way to say "all that is left is to tell the client": thrown by verbs and middleware, turned into a
 * response in one place. It knows no HTTP.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly errors: FieldError[] | undefined
  readonly members: Record<string, unknown> | undefined
  readonly reason: string | undefined
  readonly limit: RefusingLimit | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(code, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.detail = options.detail
    this.errors = options.errors
    this.members = options.members
    this.reason = options.reason
    this.limit = options.limit
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The error for one thing that is wrong with one member of the request. */
export function memberError(code: ErrorCode, member: FieldError): AppError {
  return new AppError(code, { detail: `${member.pointer.slice(1)}: ${member.detail}`, errors: [member] })
}
