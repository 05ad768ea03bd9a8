import { Worker } from 'node:worker_threads'
import { SEED } from '../report.ts'

/** A loop without end blocks this thread, its timers and the test runner's: only another thread can tell. */
const BLOCKED_MILLISECONDS = 30_000

const CODE = `
  const { parentPort } = require('node:worker_threads')
  const { writeSync } = require('node:fs')
  let timer
  parentPort.on('message', (running) => {
    clearTimeout(timer)
    if (running === null) return
    timer = setTimeout(() => {
      writeSync(2, '\\nBlocked for ${BLOCKED_MILLISECONDS / 1000} seconds by\\n' + running + '\\nrepeat: npm run prove -- --seed ${SEED}\\n')
      process.kill(process.pid, 'SIGKILL')
    }, ${BLOCKED_MILLISECONDS})
  })
`

/** Ends the process, with a message, if one piece of work blocks its thread. */
export function createWatchdog() {
  const worker = new Worker(CODE, { eval: true })
  worker.unref()
  return {
    begin: (what: string) => worker.postMessage(what),
    end: () => worker.postMessage(null),
    stop: () => worker.terminate(),
  }
}
