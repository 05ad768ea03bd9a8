/** The one password that `breached-passwords.ts` knows, in form NFKC. */
export const BREACHED_PASSWORD = 'leaked elsewhere é'

/** How that server can fail to answer, and what is logged of it; tests in workerd can't import the server. */
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

/** What arrived there. */
export type BreachRequest = {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}
