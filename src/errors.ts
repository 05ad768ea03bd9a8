import type { Limit } from './features/rules.ts'
import type { ErrorCode } from './features.ts'

/**
 * One thing that is wrong with one field of the request. `pointer` is a JSON Pointer into the body (RFC
 * 6901).
 */
export type FieldError = { pointer: string; code: string; detail: string }

/** A limit without attempts left. */
export type RefusingLimit = Limit & { retryAfterSeconds: number }

type AppErrorOptions = {
  /** Sent to the client in place of the code's own advice. Never holds a secret or another person's data. */
  detail?: string
  errors?: FieldError[]
  /** Further members of the problem document, of this error alone. */
  members?: Record<string, unknown>
  /** Why, for the audit trail; never sent. */
  reason?: string
  /** The limit that refused it. */
  limit?: RefusingLimit
  /** When to try again, in whole seconds; omitted: the default of the code's own headers. */
  retryAfterSeconds?: number
  /** For the log; never sent. */
  cause?: unknown
}

/**
 * Thrown by verbs and middleware when all that is left is to tell the client; `http/handle-error.ts` turns it
 * into a response. It knows no HTTP.
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

/** The error for one thing that is wrong with one field of the request. */
export function fieldError(code: ErrorCode, field: FieldError): AppError {
  return new AppError(code, {
    detail: `${field.pointer.slice(1).replaceAll('/', '.')}: ${field.detail}`,
    errors: [field],
  })
}
