/** The only password that `breached-passwords.ts` reports as breached, in NFKC. */
export const BREACHED_PASSWORD = 'leaked elsewhere é'

/**
 * How that server can fail, and the logged reason. A file of its own, as tests in workerd can't import the
 * server.
 */
export const BREACH_FAILURES = {
  refuses: 'unreachable',
  resets: 'unreachable',
  hangs: 'timeout',
  stalls: 'timeout',
  'answers-500': 'unexpected_status',
  'answers-429': 'unexpected_status',
  'answers-204': 'unexpected_status',
  redirects: 'unexpected_status',
  'answers-html': 'malformed',
  'answers-nothing': 'malformed',
  'answers-half-a-line': 'malformed',
} as const

export type BreachBehaviour = 'breached' | 'unknown' | 'padded' | keyof typeof BREACH_FAILURES

/** A request as the server received it. */
export type BreachRequest = {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}
