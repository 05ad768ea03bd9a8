/**
 * How a server that we ask can fail, and what becomes of the request; `faulty-server.ts` does it. A file of its
 * own, as tests in workerd can't import the server.
 */
export type Fault = {
  /** `lost`: it is not done. `done`: it is. `late`: it is done after its sender gave up and asked again. */
  request: 'lost' | 'done' | 'late'
  /** The answer. Default: none, or one that can't be used. */
  answer?: 'silence' | 'right'
}

const LOST_FAULTS = {
  refuses: { request: 'lost' },
  resets: { request: 'lost' },
  hangs: { request: 'lost', answer: 'silence' },
  stalls: { request: 'lost', answer: 'silence' },
  'redirects-307': { request: 'lost' },
  'answers-500': { request: 'lost' },
  'answers-html': { request: 'lost' },
  'answers-nothing': { request: 'lost' },
  'answers-null': { request: 'lost' },
  'answers-object': { request: 'lost' },
  'answers-odd-rows': { request: 'lost' },
  'answers-short-rows': { request: 'lost' },
  // The next two are answers as they should be, but of another statement.
  'answers-an-empty-row': { request: 'lost' },
  'answers-null-columns': { request: 'lost' },
  'is-read-only': { request: 'lost' },
  'shuts-down': { request: 'lost' },
  'lacks-compute': { request: 'lost' },
} as const satisfies Record<string, Fault>

const DONE_FAULTS = {
  'drops-the-answer': { request: 'done' },
  'breaks-off-the-answer': { request: 'done' },
  'garbles-the-answer': { request: 'done' },
  'fails-after-acting': { request: 'done' },
  'withholds-the-answer': { request: 'done', answer: 'silence' },
} as const satisfies Record<string, Fault>

const OTHER_FAULTS = {
  'is-slow': { request: 'done', answer: 'right' },
  'arrives-late': { request: 'late', answer: 'silence' },
} as const satisfies Record<string, Fault>

export type LostFault = keyof typeof LOST_FAULTS
export type DoneFault = keyof typeof DONE_FAULTS
export type FaultName = LostFault | DoneFault | keyof typeof OTHER_FAULTS

/** Every fault. */
export const FAULTS: Readonly<Record<FaultName, Fault>> = { ...LOST_FAULTS, ...DONE_FAULTS, ...OTHER_FAULTS }

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]

/** The faults of a database that is never reached. */
export const LOST = Object.keys(LOST_FAULTS) as LostFault[]

/** Redirects to another server, which counts its requests. */
export const REDIRECTS = [
  ...['redirects-301', 'redirects-302', 'redirects-303', 'redirects-307', 'redirects-308'],
] as const

/** Asks the faulty server for a fault, and says which server is behind it. */
export const FAULT_HEADERS = { fault: 'x-fault', upstream: 'x-upstream', late: 'x-late' } as const
