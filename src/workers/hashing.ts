import { chainedPbkdf2 } from '../crypto/password.ts'
import type { Hashing } from '../make-deps.ts'
import { letOthersRun } from './let-others-run.ts'

/**
 * An isolate has one thread: a second hash at the same time would only make both slower. A hash takes a tenth of a
 * second and a half; after a second whose it was is taken to be gone, with the client that ended the request.
 */
export const HASHING: Hashing = {
  derive: (password, salt, work) => chainedPbkdf2(password, salt, { ...work, pause: letOthersRun }),
  running: 1,
  leaseMilliseconds: 1000,
}
