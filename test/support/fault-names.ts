/** How `faulty-database.ts` can fail. A file of its own, as tests in workerd can't import the server. */
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

/** Answers that are well-formed and wrong. */
export const LIES = ['answers-an-empty-row', 'answers-null-columns'] as const

/** Redirects to another server, which counts its requests. */
export const REDIRECTS = [
  ...['redirects-301', 'redirects-302', 'redirects-303', 'redirects-307', 'redirects-308'],
] as const

export const FAULT_NAMES = ['refuses', 'redirects-307', ...ANSWERING_FAULTS]
