import { chainedPbkdf2 } from '../crypto/password.ts'
import type { Hashing } from '../make-deps.ts'
import { letOthersRun } from './let-others-run.ts'

/**
 * An isolate has one thread: two hashes at once would only slow each other down. A hash takes 150 ms; one
 * that takes over a second was abandoned with the request, because its client went away.
 */
export const HASHING: Hashing = {
  derive: (password, salt, work) => chainedPbkdf2(password, salt, { ...work, pause: letOthersRun }),
  running: 1,
  leaseMilliseconds: 1000,
}
