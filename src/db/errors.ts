import { DrizzleQueryError } from 'drizzle-orm/errors'

/**
 * SQLSTATE classes of errors that are no fault of the statement: connection, credentials and database of the
 * connection string, resources, operator intervention, system and internal errors (Neon's own included).
 */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '3D', '53', '57', '58', 'XX'])

/**
 * Serialization failure, deadlock, a server that is read-only during a failover, lock not available: the same
 * request may well succeed if it is retried.
 */
const RETRYABLE = new Set(['40001', '40P01', '25006', '55P03'])

const UNIQUE_VIOLATION = '23505'

/** The fields that errors of the driver have beside those of `Error`. */
type DriverError = Error & Partial<Record<'code' | 'constraint' | 'sourceError', unknown>>

/**
 * Whether PostgreSQL itself refused a statement, with an error that is not about its availability. Every
 * other error of a query means that there was no usable answer.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isDatabaseAnswer(error: unknown): boolean {
  const state = sqlState(error)
  return state !== null && !UNAVAILABLE_CLASSES.has(state.slice(0, 2)) && !RETRYABLE.has(state)
}

/**
 * The driver's error inside Drizzle's, whose message contains the statement and every parameter, password
 * hashes and email addresses among them. Other errors are returned as they are.
 */
export function unwrapError<E>(error: E): E | Error {
  return error instanceof DrizzleQueryError && error.cause ? error.cause : error
}

/** The name of the unique index or constraint that a statement violated; `null` for any other error. */
export function violatedUnique(thrown: unknown): string | null {
  const error = unwrapError(thrown)
  if (!(error instanceof Error) || sqlState(error) !== UNIQUE_VIOLATION) return null
  const { constraint }: DriverError = error
  return typeof constraint === 'string' ? constraint : null
}

/** The SQLSTATE of the driver's own errors. Others may only look like one: `EPIPE` has five letters too. */
function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'NeonDbError') return null
  const { code }: DriverError = error
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null
}

/**
 * Whether a statement was aborted: by our own deadline, or by PostgreSQL's `statement_timeout`.
 */
export function isTimeout(error: unknown): boolean {
  return describeCauses(error).some(({ name, code }) => name === 'TimeoutError' || code === '57014')
}

/** One error of a chain of causes, for the log. All fields but the number `status` are from fixed sets. */
type Cause = {
  name: string
  code?: string
  constraint?: string
  /** The reason why Neon's proxy itself refused, see `NEON_FAULTS`. */
  neon?: string
  /** The HTTP status of Neon's proxy, or of a proxy in front of it; absent if PostgreSQL itself answered. */
  status?: number
}

/** An error and its causes, for the log. Their messages are left out, because they contain values. */
export function describeCauses(error: unknown): Cause[] {
  const causes: Cause[] = []
  // Bounded, because causes can form a cycle.
  for (let cause = unwrapError(error); cause instanceof Error && causes.length < 8; ) {
    const { code, constraint, sourceError }: DriverError = cause
    causes.push({
      name: cause.name,
      // Neon's proxy sends an empty string if there is no code.
      ...(typeof code === 'string' && code !== '' && { code }),
      ...(typeof constraint === 'string' && { constraint }),
      ...describeProxyError(cause),
    })
    // Neon's driver puts the error of a failed fetch into `sourceError`.
    cause = unwrapError(cause.cause ?? sourceError)
  }
  return causes
}

/**
 * The errors that Neon's proxy answers by itself, and the words for them in the log. The first match counts:
 * a used-up quota of compute time is `quota`. Neon rewords its messages now and then; an unknown one is
 * logged by its status alone.
 *
 * @see https://github.com/neondatabase/neon/blob/main/proxy/src/auth/mod.rs and `control_plane/errors.rs`
 * @see https://neon.com/docs/connect/connection-errors
 */
const NEON_FAULTS: [word: string, message: RegExp][] = [
  ['quota', /quota|has exceeded|limit of (concurrently )?active/i],
  ['rate_limited', /too many (database )?connection|failed to acquire permit|rate limit/i],
  ['ip_allow', /is not allowed to connect|from a blocked network|VPC endpoint ID is not/i],
  ['disabled', /endpoint (is|has been) disabled/i],
  [
    'not_found',
    /endpoint (cannot|could not) be found|endpoint ID is not specified|could not parse endpoint/i,
  ],
  ['auth', /authentication|\bJWT\b|user not authenticated/i],
  ['compute', /compute|control plane|temporarily unavailable|connection (was )?(closed|terminated)/i],
]

/** The beginning of the driver's message if the status is neither 200 nor 400; the body follows. */
const SERVER_ERROR = /^Server error \(HTTP status (\d{3})\): /

/**
 * Reads the message of an error of Neon's proxy: it has no SQLSTATE and contains no values of ours. An error
 * of PostgreSQL has one, and its message can quote anything (`Key (email)=(…)`), so it is not read.
 */
function describeProxyError(error: DriverError): Pick<Cause, 'code' | 'neon' | 'status'> {
  if (error.name !== 'NeonDbError' || error.sourceError || sqlState(error)) return {}
  const [prefix = '', digits] = SERVER_ERROR.exec(error.message) ?? []
  const state = prefix && /"code":\s*"([0-9A-Z]{5})"/.exec(error.message)?.[1]
  if (state) return { code: state, status: Number(digits) }
  const body = error.message.slice(prefix.length)
  const word = NEON_FAULTS.find(([, message]) => message.test(body))?.[0]
  const status = digits ? Number(digits) : word && 400
  return { ...(word && { neon: word }), ...(status && { status }) }
}
