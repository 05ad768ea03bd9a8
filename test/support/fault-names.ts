/** How `faulty-database.ts` can fail; tests in workerd can't import that one, which is a server. */
export const ANSWERING_FAULTS = [
  'hangs',
  'stalls',
  'resets',
  'answers-500',
  'answers-html',
  'answers-nothing',
  'answers-null',
  'answers-object',
  'answers-odd-rows',
  'answers-short-rows',
  'is-read-only',
  'shuts-down',
  'lacks-compute',
] as const

/** Answers that look right and are not. */
export const LIES = ['answers-an-empty-row', 'answers-null-columns'] as const

/** Answers that lead to another listener, which counts who comes. */
export const REDIRECTS = [
  ...['redirects-301', 'redirects-302', 'redirects-303', 'redirects-307', 'redirects-308'],
] as const

export const FAULT_NAMES = ['refuses', 'redirects-307', ...ANSWERING_FAULTS]
