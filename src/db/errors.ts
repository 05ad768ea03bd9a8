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

/** The name of the violated unique index or constraint; `null` when the error is something else. */
export function violatedUnique(error: unknown): string | null {
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

/** An error and its causes by name and code, which are fixed words; for the log. */
export function describeCauses(error: unknown): { name: string; code?: string; constraint?: string }[] {
  const causes = []
  // Bounded, because a chain of causes may be a circle.
  for (let cause = error; cause instanceof Error && causes.length < 8; ) {
    const { code, constraint, sourceError } = cause as Error &
      Record<'code' | 'constraint' | 'sourceError', unknown>
    causes.push({
      name: cause.name,
      ...(typeof code === 'string' && { code }),
      ...(typeof constraint === 'string' && { constraint }),
    })
    // The Neon driver keeps a failed fetch in a member of its own.
    cause = cause.cause ?? sourceError
  }
  return causes
}
