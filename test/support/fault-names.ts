/**
 * How a server that we ask can fail, by what `faulty-server.ts` does. A file of its own, as tests in workerd
 * can't import the server.
 */

/** The request never reaches the server behind, and the answer is none, or none of its own. */
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

/** The server behind does what it was asked for, and its answer does not arrive. */
export const LOST_ANSWERS = [
  'drops-the-answer',
  'breaks-off-the-answer',
  'garbles-the-answer',
  'fails-after-acting',
  'withholds-the-answer',
] as const

/** Everything works, a moment later. */
export const DELAYS = ['is-slow'] as const

/** The request arrives when a test says so: after its sender gave up and asked again. */
export const LATE = ['arrives-late'] as const

/** Redirects to another server, which counts its requests. */
export const REDIRECTS = [
  ...['redirects-301', 'redirects-302', 'redirects-303', 'redirects-307', 'redirects-308'],
] as const

/** Those without an answer: each lasts until our own deadline. */
export const SILENT: readonly string[] = ['hangs', 'stalls', 'withholds-the-answer', 'arrives-late']

export const FAULT_NAMES = ['refuses', 'redirects-307', ...ANSWERING_FAULTS]

/** Asks the faulty server for a fault, and says which server is behind it. */
export const FAULT_HEADERS = { fault: 'x-fault', upstream: 'x-upstream', late: 'x-late' } as const
