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
  'shuts-down',
  'lacks-compute',
] as const

export const FAULT_NAMES = ['refuses', ...ANSWERING_FAULTS]
