import { pbkdf2Sync } from 'node:crypto'
import { getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { HashTask } from './hash-threads.ts'

/** Behind the thread that serves requests, ahead of what else a machine does at leisure. */
const NICENESS = 5

// On Linux niceness is a thread's own, elsewhere the process's: there it stays as it is. Only root may lower it.
if (process.platform === 'linux' && getPriority(0) < NICENESS) setPriority(0, NICENESS)

/** The chain of `chainedPbkdf2`, on a thread of its own. */
parentPort?.on('message', ({ id, password, salt, iterations, rounds }: HashTask) => {
  let block = salt
  for (let round = 0; round < rounds; round++) {
    block = new Uint8Array(pbkdf2Sync(password, block, iterations, 32, 'sha256'))
  }
  parentPort?.postMessage({ id, block })
})
