/** The code of an error of the system or PostgreSQL, such as `EADDRINUSE` or `55P03`; `undefined`: none. */
export function findErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The first line of an error's message, or its code: a failed connection has no message. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  return message.split('\n')[0] || findErrorCode(error) || 'unknown reason'
}
