import { DrizzleQueryError } from 'drizzle-orm/errors'

/**
 * SQLSTATE classes that say "not now" rather than "wrong": connection, credentials and catalog of the
 * connection string, resources, operator intervention, system and internal errors (Neon's own among them).
 */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '3D', '53', '57', '58', 'XX'])

/**
 * A serialization failure, a deadlock, a server that is read-only for the moment (failover), a lock that was
 * not to be had: the same request may well succeed when sent again.
 */
const RETRYABLE = new Set(['40001', '40P01', '25006', '55P03'])

const UNIQUE_VIOLATION = '23505'

/**
 * Whether PostgreSQL itself refused a statement, and not for want of a working database. Anything else that
 * a query can reject with means that there was no usable answer.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isDatabaseAnswer(error: unknown): boolean {
  const state = sqlState(error)
  return state !== null && !UNAVAILABLE_CLASSES.has(state.slice(0, 2)) && !RETRYABLE.has(state)
}

/**
 * What went wrong with a statement, without the error that Drizzle puts around it: the message of that one
 * holds the statement and every parameter, passwords' hashes and addresses among them.
 */
export function openError(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error
}

/** The name of the violated unique index or constraint; `null` when the error is something else. */
export function violatedUnique(thrown: unknown): string | null {
  const error = openError(thrown)
  if (sqlState(error) !== UNIQUE_VIOLATION) return null
  const { constraint } = error as { constraint?: unknown }
  return typeof constraint === 'string' ? constraint : null
}

/** Only the driver's own errors have one: the code of a broken pipe, `EPIPE`, has five letters as well. */
function sqlState(error: unknown): string | null {
  const code =
    error instanceof Error && error.name === 'NeonDbError'
      ? (error as Error & { code?: unknown }).code
      : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null
}

/**
 * Whether a statement was given up on: by us, who had waited long enough, or by PostgreSQL's
 * `statement_timeout`.
 */
export function isTimeout(error: unknown): boolean {
  return describeCauses(error).some(({ name, code }) => name === 'TimeoutError' || code === '57014')
}

/** What one error of a chain says of itself. All are fixed words, but `status`, which is a number. */
type Cause = {
  name: string
  code?: string
  constraint?: string
  /** Why Neon's proxy itself refused, see `NEON_FAULTS`. */
  neon?: string
  /** That the proxy, or who stands before it, answered with; absent where PostgreSQL itself answered. */
  status?: number
}

/** An error and its causes, for the log: never their messages, which hold values. */
export function describeCauses(error: unknown): Cause[] {
  const causes: Cause[] = []
  // Bounded, because a chain of causes may be a circle.
  for (let cause = openError(error); cause instanceof Error && causes.length < 8; ) {
    const { code, constraint, sourceError } = cause as Error &
      Record<'code' | 'constraint' | 'sourceError', unknown>
    causes.push({
      name: cause.name,
      // Neon's proxy sends an empty one where it has none.
      ...(typeof code === 'string' && code !== '' && { code }),
      ...(typeof constraint === 'string' && { constraint }),
      ...describeProxyError(cause),
    })
    // The Neon driver keeps a failed fetch in a member of its own.
    cause = openError(cause.cause ?? sourceError)
  }
  return causes
}

/**
 * What Neon's proxy answers by itself, by its word in the log. Its control plane words some of it anew now
 * and then, so what these don't know has its status alone. The first that matches counts: a used-up quota of
 * compute time is `quota`.
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

/** How the driver words an answer that is neither 200 nor 400; the body follows. */
const SERVER_ERROR = /^Server error \(HTTP status (\d{3})\): /

/**
 * What the proxy says has no SQLSTATE, is worded by Neon and holds no values of ours. What PostgreSQL says
 * has one, and its message can quote anything (`Key (email)=(…)`): that is not even looked at.
 */
function describeProxyError(error: Error): Pick<Cause, 'code' | 'neon' | 'status'> {
  const { sourceError } = error as Error & { sourceError?: unknown }
  if (error.name !== 'NeonDbError' || sourceError || sqlState(error)) return {}
  const [prefix = '', digits] = SERVER_ERROR.exec(error.message) ?? []
  const state = prefix && /"code":\s*"([0-9A-Z]{5})"/.exec(error.message)?.[1]
  if (state) return { code: state, status: Number(digits) }
  const body = error.message.slice(prefix.length)
  const word = NEON_FAULTS.find(([, message]) => message.test(body))?.[0]
  const status = digits ? Number(digits) : word && 400
  return { ...(word && { neon: word }), ...(status && { status }) }
}
