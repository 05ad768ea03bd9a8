import type { LostFault } from './fault-names.ts'

/** The only password that `breached-passwords.ts` reports as breached, in NFKC. */
export const BREACHED_PASSWORD = 'leaked elsewhere é'

type Reason = 'timeout' | 'unreachable' | 'unexpected_status' | 'malformed'

/**
 * How that server can fail, as any other or in a way of its own, and the logged reason. A file of its own, as
 * tests in workerd can't import the server.
 */
export const BREACH_FAILURES = {
  refuses: 'unreachable',
  hangs: 'timeout',
  stalls: 'timeout',
  resets: 'unreachable',
  'answers-500': 'unexpected_status',
  'answers-html': 'malformed',
  'answers-nothing': 'malformed',
  'answers-null': 'malformed',
  'answers-object': 'malformed',
  'answers-odd-rows': 'malformed',
  'answers-short-rows': 'malformed',
  'answers-an-empty-row': 'malformed',
  'answers-null-columns': 'malformed',
  'is-read-only': 'unexpected_status',
  'shuts-down': 'unexpected_status',
  'lacks-compute': 'unexpected_status',
  'answers-429': 'unexpected_status',
  'answers-204': 'unexpected_status',
  redirects: 'unexpected_status',
  'answers-half-a-line': 'malformed',
} as const satisfies Record<Exclude<LostFault, 'redirects-307'>, Reason> & Record<string, Reason>

export type BreachBehaviour = 'breached' | 'unknown' | 'padded' | keyof typeof BREACH_FAILURES

/** A request as the server received it. */
export type BreachRequest = {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}
