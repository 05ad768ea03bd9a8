import { pbkdf2Sync } from 'node:crypto'
import { getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { HashTask } from './hash-threads.ts'

/** Lower priority than the thread that serves requests, higher than background work of the machine. */
const NICENESS = 5

// On Linux niceness belongs to a thread, elsewhere to the process: there it stays as it is. Only root may
// lower it.
if (process.platform === 'linux' && getPriority(0) < NICENESS) setPriority(0, NICENESS)

/** The same chain as `chainedPbkdf2`, synchronously on this thread. */
parentPort?.on('message', ({ id, password, salt, iterations, rounds }: HashTask) => {
  let block = salt
  for (let round = 0; round < rounds; round++) {
    block = new Uint8Array(pbkdf2Sync(password, block, iterations, 32, 'sha256'))
  }
  parentPort?.postMessage({ id, block })
})
