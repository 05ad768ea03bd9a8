import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Derive, WorkFactor } from '../crypto/password.ts'

export type HashTask = WorkFactor & { id: number; password: string; salt: Uint8Array<ArrayBuffer> }
type Answer = { id: number; block: Uint8Array<ArrayBuffer> }
type Pending = { resolve(block: Uint8Array<ArrayBuffer>): void; reject(error: Error): void }

/** One core is for the thread that serves requests. */
export const HASH_THREADS = Math.max(1, availableParallelism() - 1)

/**
 * Derives on threads of its own. Web Crypto would use libuv's four threads, which also verify token
 * signatures and resolve names: with four hashes running, every request would wait for one of them.
 *
 * @returns the `derive` of `createPasswordHasher`; threads start with the first task and keep no process
 *   alive
 */
export function createHashThreads(count: number = HASH_THREADS): Derive {
  const threads = Array.from({ length: count }, () => createThread())
  return function derive(password, salt, work) {
    const [first, ...others] = threads
    if (!first) throw new TypeError('Hashing needs a thread')
    const idlest = others.reduce((best, thread) => (thread.load() < best.load() ? thread : best), first)
    return idlest.run({ password, salt, ...work })
  }
}

type Thread = { worker: Worker; pending: Map<number, Pending> }

function createThread() {
  let thread: Thread | undefined
  let tasks = 0
  return {
    load: () => thread?.pending.size ?? 0,
    run(task: Omit<HashTask, 'id'>): Promise<Uint8Array<ArrayBuffer>> {
      // A thread that ends rejects its tasks; the next task starts another one.
      thread ??= startThread(() => {
        thread = undefined
      })
      const { worker, pending } = thread
      tasks++
      const id = tasks
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ ...task, id })
      })
    },
  }
}

/** @param onEnd called before the tasks of the thread are rejected */
function startThread(onEnd: () => void): Thread {
  const worker = new Worker(new URL('./hash-thread.ts', import.meta.url))
  const pending = new Map<number, Pending>()
  worker.on('message', ({ id, block }: Answer) => {
    pending.get(id)?.resolve(block)
    pending.delete(id)
    if (pending.size === 0) worker.unref()
  })
  let isOver = false
  const end = (error: Error) => {
    if (!isOver) onEnd()
    isOver = true
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }
  worker.on('error', end)
  worker.on('exit', () => end(new Error('A hash thread ended')))
  return { worker, pending }
}
